"""The connections to Slack and CodeMie, and what works through them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bot.codemie.assistants import Assistants
from bot.codemie.client import CodemieClient
from bot.credentials import LiveSettings
from bot.metrics import Metrics
from bot.network import Network, open_session
from bot.slack.connection import SlackClient, copy_without_retries, make_client
from bot.slack.identity import Identity
from bot.slack.lanes import Lanes
from bot.slack.poster import SlackPoster
from bot.slack.thinking import Thinking
from bot.traces import Traces
from bot.wiring.codemie import make_assistants, make_codemie_client, make_codemie_http, make_token_source


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What is outside of the process; ``client`` is for Bolt's listeners, ``posting`` retries nothing by itself."""

    session: aiohttp.ClientSession
    client: SlackClient
    posting: SlackClient
    identity: Identity
    poster: SlackPoster
    codemie: CodemieClient
    assistants: Assistants


@asynccontextmanager
async def open_outside(
    live: LiveSettings, *, network: Network, metrics: Metrics, traces: Traces
) -> AsyncIterator[Outside]:
    """Open both pools of connections; who the bot is in Slack has been learnt when this yields."""
    settings = live.get()
    async with (
        open_session(network, trace_configs=traces.make_trace_configs()) as session,
        make_codemie_http(settings, network) as http,
    ):
        traces.watch_http(http)
        client = make_client(
            token=live.make_secret("slack_bot_token"),
            api_url=str(settings.slack_api_url),
            session=session,
            note_call=metrics.note_slack_call,
        )
        identity = Identity(client=client)
        await identity.learn()
        posting, lanes = copy_without_retries(client), Lanes(note_wait=metrics.note_wait)
        thinking = Thinking(client=posting, lanes=lanes)
        token = make_token_source(live, http, note_login=metrics.note_login)
        yield Outside(
            session=session,
            client=client,
            posting=posting,
            identity=identity,
            poster=SlackPoster(client=posting, session=session, lanes=lanes, thinking=thinking),
            codemie=make_codemie_client(settings, http, token, metrics=metrics),
            assistants=make_assistants(settings, http, token),
        )
