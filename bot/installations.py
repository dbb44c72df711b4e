"""Who has installed the app: kept with their tokens, which are locked."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Final

import sqlalchemy as sa
import structlog
from pydantic import SecretStr

from bot.database import Database
from bot.errors import NotInstalled, StoreError
from bot.slack.installation import LOCKED, Installation, Tokens
from bot.slack.workspaces import Asked
from bot.tables import MS, installations, org_teams
from bot.vault import Locked, Vault

_log: Final = structlog.get_logger("slack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installations:
    """Keeps and finds installations; every method is one transaction or two, and may raise StoreError."""

    database: Database
    vault: Vault
    clock: Callable[[], float] = time.time

    async def keep(self, installation: Installation) -> None:
        """Keep an installation in the place of an earlier one of the same workspace."""
        id_ = installation.id
        values = {
            "team": installation.team,
            "enterprise": installation.enterprise,
            "app": installation.app,
            "bot_user": installation.bot_user,
            "bot": installation.bot,
            "site_url": installation.site_url,
            "scopes": installation.scopes,
            "installed_by": installation.installed_by,
            "installed_at_ms": self._now_ms(),
            "claimed_until_ms": 0,
            **self._lock(id_, installation.tokens),
        }
        update = installations.update().where(installations.c.id == id_)

        def keep(connection: sa.Connection) -> None:
            if not connection.execute(update.values(version=installations.c.version + 1, **values)).rowcount:
                connection.execute(installations.insert().values(id=id_, version=0, **values))

        await self.database.run(keep)

    async def find(self, asked: Asked) -> Installation | None:
        """Find what serves a workspace: its own installation, or that of its organisation.

        That a workspace belongs to an organisation is kept when a request first says so: a job has only the workspace.
        Raises NotInstalled for an installation whose tokens no key opens.
        """
        row = await self.database.run(lambda connection: _find_row(connection, asked))
        if row is None:
            return None
        if row.team is None and asked.team and asked.enterprise:
            await self._note_member(asked.team, asked.enterprise)
        return await self._read(row)

    async def claim(self, installation: Installation, *, for_s: float) -> bool:
        """Claim the renewal of these tokens; false where somebody else has, or they are other tokens by now."""
        now_ms = self._now_ms()
        update = (
            installations.update()
            .where(*_is_version(installation), installations.c.claimed_until_ms <= now_ms)
            .values(claimed_until_ms=now_ms + int(for_s * MS))
        )
        return bool(await self.database.run(lambda connection: connection.execute(update).rowcount))

    async def renew(self, installation: Installation, tokens: Tokens) -> Installation:
        """Keep new tokens, however long the database is out of order: they are to be had once.

        Where the workspace has installed the app anew meanwhile, its tokens of then are left.
        """
        renewed = replace(installation, tokens=tokens, version=installation.version + 1)
        values = {**self._lock(installation.id, tokens), "version": renewed.version, "claimed_until_ms": 0}
        update = installations.update().where(*_is_version(installation)).values(values)
        await self.database.insist(lambda connection: connection.execute(update))
        return renewed

    async def list_served(self, installation: Installation) -> list[str]:
        """List the workspaces that an installation serves: its own, or those of its organisation that have asked."""
        if installation.team is not None:
            return [installation.team]
        query = sa.select(org_teams.c.team).where(org_teams.c.enterprise == installation.id)
        return await self.database.run(lambda connection: list(connection.execute(query).scalars()))

    async def drop_members(self, enterprise: str, teams: Collection[str]) -> None:
        """Forget that workspaces belong to an organisation, until a request says so again."""
        is_one = (org_teams.c.enterprise == enterprise) & org_teams.c.team.in_(teams)
        await self.database.run(lambda connection: connection.execute(org_teams.delete().where(is_one)))

    async def remove(self, installation: Installation) -> None:
        """Delete an installation."""
        delete = installations.delete().where(installations.c.id == installation.id)
        forget = org_teams.delete().where(org_teams.c.enterprise == installation.id)
        await self.database.run(lambda connection: (connection.execute(delete), connection.execute(forget)))

    async def _note_member(self, team: str, enterprise: str) -> None:
        def note(connection: sa.Connection) -> None:
            connection.execute(org_teams.delete().where(org_teams.c.team == team))
            connection.execute(org_teams.insert().values(team=team, enterprise=enterprise))

        await self.database.run(note)

    async def _read(self, row: Any) -> Installation:  # noqa: ANN401 - a row of the table
        """Read an installation, and lock its tokens anew where they are locked with an old key."""
        try:
            bot = self.vault.open(row.bot_token, purpose=_name(row.id, "bot"))
            refresh = row.refresh_token and self.vault.open(row.refresh_token, purpose=_name(row.id, "refresh"))
        except Locked as error:
            _log.error("installation_locked", installation=row.id)
            raise NotInstalled(reason=LOCKED) from error
        expires_at_s = None if row.expires_at_ms is None else row.expires_at_ms / MS
        installation = Installation(
            team=row.team,
            enterprise=row.enterprise,
            app=row.app,
            bot_user=row.bot_user,
            bot=row.bot,
            site_url=row.site_url,
            scopes=row.scopes,
            installed_by=row.installed_by,
            tokens=Tokens(bot=bot.secret, refresh=refresh.secret if refresh else None, expires_at_s=expires_at_s),
            version=row.version,
        )
        if not bot.is_current or (refresh and not refresh.is_current):
            await self._lock_anew(installation)
        return installation

    async def _lock_anew(self, installation: Installation) -> None:
        values = self._lock(installation.id, installation.tokens)
        update = installations.update().where(*_is_version(installation)).values(values)
        try:
            await self.database.run(lambda connection: connection.execute(update))
        except StoreError as error:
            _log.warning("installation_not_locked_anew", reason=str(error))

    def _lock(self, id_: str, tokens: Tokens) -> dict[str, Any]:
        def lock(secret: SecretStr, what: str) -> str:
            return self.vault.lock(secret, purpose=_name(id_, what))

        return {
            "bot_token": lock(tokens.bot, "bot"),
            "refresh_token": lock(tokens.refresh, "refresh") if tokens.refresh else None,
            "expires_at_ms": None if tokens.expires_at_s is None else int(tokens.expires_at_s * MS),
        }

    def _now_ms(self) -> int:
        return int(self.clock() * MS)


def _name(id_: str, what: str) -> str:
    return f"{id_}:{what}"


def _is_version(installation: Installation) -> list[sa.ColumnElement[bool]]:
    return [installations.c.id == installation.id, installations.c.version == installation.version]


def _find_row(connection: sa.Connection, asked: Asked) -> Any:  # noqa: ANN401 - a row of the table
    """Find the row of a workspace or, where it has none, of the organisation that it is known to belong to."""
    row = connection.execute(sa.select(installations).where(installations.c.id == (asked.team or ""))).one_or_none()
    if row is not None:
        return row
    member = sa.select(org_teams.c.enterprise).where(org_teams.c.team == (asked.team or ""))
    enterprise = asked.enterprise or connection.execute(member).scalar() or ""
    query = sa.select(installations).where(installations.c.id == enterprise, installations.c.team.is_(None))
    return connection.execute(query).one_or_none()
