"""Putting a workspace's own team, and its organisation, upon what leaves it: inside, the team is always the same.

https://docs.slack.dev/enterprise/developing-for-enterprise-orgs
"""

from typing import Any

from bot.demo.workspace.records import Json
from bot.demo.workspace.world import TEAM_ID


def stamp_team(value: Any, team: str) -> Any:  # noqa: ANN401 - JSON
    """Write the team in the place of the world's own, wherever that stands."""
    match value:
        case str():
            return team if value == TEAM_ID else value
        case dict():
            return {key: stamp_team(item, team) for key, item in value.items()}
        case list() | tuple():
            return [stamp_team(item, team) for item in value]
        case _:
            return value


def stamp_payload(payload: Json, *, team: str, enterprise: str | None, is_org_wide: bool) -> Json:
    """Stamp what is sent to the app: an event's authorization, a command, an interaction."""
    stamped: Json = payload if team == TEAM_ID else stamp_team(payload, team)
    if enterprise is None:
        return stamped
    if "event" in stamped:
        installed: Json = {"enterprise_id": enterprise, "is_enterprise_install": is_org_wide}
        installed |= {"team_id": None} if is_org_wide else {}
        authorizations = [{**item, **installed} for item in stamped["authorizations"]]
        return {**stamped, "enterprise_id": enterprise, "authorizations": authorizations}
    if "command" in stamped:
        return {**stamped, "enterprise_id": enterprise, "is_enterprise_install": str(is_org_wide).lower()}
    return {
        **stamped,
        "enterprise": {"id": enterprise, "name": "Org"},
        "is_enterprise_install": is_org_wide,
        **(_name_organisation(stamped, enterprise) if is_org_wide else {}),
    }


def _name_organisation(payload: Json, enterprise: str) -> Json:
    """Write what has installed the app in the place of the workspace, which is left to the user and the view to tell.

    https://docs.slack.dev/messaging/work-objects has such a view; Bolt knows of the team, in request/internals.py.
    """
    view = payload.get("view")
    return {"team": None, **({"view": {**view, "app_installed_team_id": enterprise}} if view else {})}
