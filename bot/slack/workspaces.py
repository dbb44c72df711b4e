"""The workspaces that the bot serves: what it needs to talk to each, and who it is there.

Slack limits calls by workspace, and people and channels of two may have the same ids: nothing here is shared.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import aiohttp
from slack_bolt.authorization import AuthorizeResult

from bot.ports import ignore
from bot.slack.connection import SlackClient, copy_without_retries
from bot.slack.identity import Identity
from bot.slack.lanes import Lanes
from bot.slack.people import People
from bot.slack.poster import SlackPoster
from bot.slack.suggestions import Suggestions
from bot.slack.thinking import Thinking


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """What talks to one workspace; ``client`` is for listeners, the poster's retries nothing by itself."""

    client: SlackClient
    poster: SlackPoster
    people: People
    suggestions: Suggestions

    @classmethod
    def open(
        cls,
        *,
        client: SlackClient,
        session: aiohttp.ClientSession,
        note_wait: Callable[[str, float], None] = ignore,
    ) -> Self:
        """Make it on a client; does not close the session."""
        posting, lanes = copy_without_retries(client), Lanes(note_wait=note_wait)
        thinking = Thinking(client=posting, lanes=lanes)
        return cls(
            client=client,
            poster=SlackPoster(client=posting, session=session, lanes=lanes, thinking=thinking),
            people=People(client=client),
            suggestions=Suggestions(client=client),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where a request of Slack's is from: a workspace, and the organisation that it belongs to, if it does."""

    team: str | None
    enterprise: str | None = None


class Workspaces(Protocol):
    """All that the bot serves."""

    def get(self, team: str) -> Workspace:
        """Return what talks to a workspace; its calls raise NotInstalled where the bot is not."""
        ...

    async def authorize(self, asked: Asked) -> AuthorizeResult:
        """Return who the bot is where a request is from; raises NotInstalled, and BotError where nobody can tell."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SoleWorkspace:
    """The one workspace of the token in the settings, where nothing else is installed: whatever comes is from it."""

    workspace: Workspace
    identity: Identity

    def get(self, team: str) -> Workspace:  # noqa: ARG002 - there is one
        """Return it."""
        return self.workspace

    async def authorize(self, asked: Asked) -> AuthorizeResult:  # noqa: ARG002 - as above
        """Return who the bot is; raises :class:`~bot.errors.SlackError` while nobody has ever told."""
        return await self.identity.authorize()
