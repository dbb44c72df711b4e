"""The connections to Slack and CodeMie, and what works through them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bot.codemie.assistants import Assistants
from bot.codemie.client import CodemieClient
from bot.credentials import LiveSettings
from bot.metrics import Metrics
from bot.network import Network, open_session
from bot.slack.connection import SlackClient
from bot.slack.lanes import Lanes
from bot.slack.poster import SlackPoster
from bot.slack.pulse import Pulse
from bot.slack.response_urls import ResponseUrls
from bot.slack.workspaces import Workspaces
from bot.traces import Traces
from bot.wiring.codemie import make_assistants, make_codemie_client, make_codemie_http, make_token_source
from bot.wiring.installs import Installs, open_installs
from bot.wiring.keeping import Keeping
from bot.wiring.slack import SlackAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What is outside of the process; ``client`` is nobody's in particular: it has no token but those it is given."""

    session: aiohttp.ClientSession
    client: SlackClient
    workspaces: Workspaces
    installs: Installs | None
    pulse: Pulse
    response_urls: ResponseUrls
    codemie: CodemieClient
    assistants: Assistants

    def find_poster(self, team: str) -> SlackPoster:
        """Return what posts in a workspace."""
        return self.workspaces.get(team).poster


@asynccontextmanager
async def open_outside(
    live: LiveSettings, *, kept: Keeping, network: Network, metrics: Metrics, traces: Traces
) -> AsyncIterator[Outside]:
    """Open both pools of connections; who the bot is in Slack has been learnt when this yields."""
    settings = live.get()
    async with (
        open_session(network, trace_configs=traces.make_trace_configs(), has_cookies=False) as session,
        make_codemie_http(settings, network) as http,
        AsyncExitStack() as stack,
    ):
        traces.watch_http(http)
        slack = SlackAccess(live=live, session=session, note_call=metrics.note_slack_call, note_wait=metrics.note_wait)
        if (own := slack.make_own()) is not None:
            await own.identity.learn()
        installs = await stack.enter_async_context(open_installs(slack, database=kept.database, own=own))
        token = make_token_source(live, http, note_login=metrics.note_login)
        yield Outside(
            session=session,
            client=slack.open_client(own.bearer if own else None),
            workspaces=installs.workspaces if installs else slack.make_sole(own),
            installs=installs,
            pulse=slack.make_pulse(own),
            response_urls=ResponseUrls(session=session, lanes=Lanes(note_wait=metrics.note_wait)),
            codemie=make_codemie_client(settings, http, token, metrics=metrics),
            assistants=make_assistants(settings, http, token),
        )
