"""Clients of Slack as the settings describe them."""

from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from bot.credentials import LiveSettings
from bot.ports import ignore
from bot.slack.calls import NoteCall
from bot.slack.connection import Bearer, SettingBearer, SlackClient, copy_without_retries, make_client
from bot.slack.identity import Identity
from bot.slack.installed import Own
from bot.slack.pulse import Pulse
from bot.slack.workspaces import SoleWorkspace, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackAccess:
    """Makes what talks to Slack, over one session; every request, and every wait that Slack asks for, is noted."""

    live: LiveSettings
    session: aiohttp.ClientSession
    note_call: NoteCall = ignore
    note_wait: Callable[[str, float], None] = ignore

    def open_client(self, bearer: Bearer | None) -> SlackClient:
        """Make a client of a workspace, or of none in particular."""
        return make_client(
            bearer=bearer,
            api_url=str(self.live.get().slack_api_url),
            session=self.session,
            note_call=self.note_call,
        )

    def open_workspace(self, bearer: Bearer) -> Workspace:
        """Make all that talks to a workspace."""
        client = self.open_client(bearer)
        return Workspace.open(client=client, session=self.session, note_wait=self.note_wait)

    def make_own(self) -> Own | None:
        """Make the workspace of the token in the settings, if there is one; Slack has yet to be asked which it is."""
        if self.live.get().slack_bot_token is None:
            return None
        bearer = SettingBearer(secret=self.live.make_secret("slack_bot_token"))
        return Own(bearer=bearer, identity=Identity(client=self.open_client(bearer), bearer=bearer))

    def make_sole(self, own: Own | None) -> SoleWorkspace:
        """Make the workspace of that token, where there are no others."""
        assert own is not None  # noqa: S101 - the settings have made sure of it
        return SoleWorkspace(workspace=self.open_workspace(own.bearer), identity=own.identity)

    def make_pulse(self, own: Own | None) -> Pulse:
        """Make what looks whether Slack answers; with a token, also whether that is good."""
        client = copy_without_retries(self.open_client(own.bearer if own else None))
        return Pulse(client=client, method="auth.test" if own else "api.test")
