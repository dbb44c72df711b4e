"""``codemie-bot forget``: erase everything of one person, right here where it is sure that no bot runs.

Only SQLite's lock tells that. Otherwise it is left to the bot that runs, or to the next to start.
"""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from bot.audit import OPERATOR, note_act
from bot.cancellation import BY_OPERATOR
from bot.credentials import LiveSettings
from bot.database import Database
from bot.erasing import Eraser, Tally
from bot.erasures import Erasures, Kind
from bot.errors import SettingsError
from bot.network import make_network, open_session
from bot.results import Results
from bot.settings import Settings
from bot.store import open_kept, try_hold
from bot.wiring.codemie import make_codemie_client, make_codemie_http, make_token_source
from bot.wiring.installs import make_departures, open_installs
from bot.wiring.jobs import make_bare_homes
from bot.wiring.slack import SlackAccess
from bot.workflows import Workflows, open_client

# Ids of a workspace or an organisation and of a member: https://docs.slack.dev/reference/objects/user-object/
# A client of the HTTP API is named as ``user`` in the log lines of its jobs.
_PERSON: Final = re.compile(r"([TE][A-Z0-9]+):([UW][A-Z0-9]+)|(api):(api-[0-9a-f]{16})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What became of it, as a line to print; ``is_done`` is false where it has to be run again."""

    words: str
    is_done: bool


async def forget(settings: Settings, person: str) -> Forgotten:
    """Have everything of ``TEAM:USER`` erased; raises SettingsError for anything else, or where there is no database.

    The wish is kept first, so that a bot which runs, or the next one to start, goes on with what is not done here.
    """
    team, user = read_person(person)
    with (
        open_kept(
            database_url=settings.database, data_dir=settings.data_dir, synchronous=settings.sqlite_synchronous
        ) as engine,
        try_hold(engine) as is_ours,
    ):
        if is_ours:
            return await _forget_here(settings, engine, team, user)
        return await _leave_to_bot(engine, team, user)


def read_person(text: str) -> tuple[str, str]:
    """Read ``TEAM:USER``; raises SettingsError."""
    match = _PERSON.fullmatch(text)
    if match is None:
        raise SettingsError(("forget takes TEAM:USER, two ids of Slack's, such as T024BE7LD:U02CQ0D1S, or api:CLIENT",))
    team, user = (part for part in match.groups() if part)
    return team, user


async def _forget_here(settings: Settings, engine: sa.Engine, team: str, user: str) -> Forgotten:
    async with open_eraser(settings, engine) as eraser:
        await eraser.request_user(team, user, by=BY_OPERATOR)
        tallies = [tally for tally in await eraser.work() if _is_of(tally, team, user)]
    return _describe(f"{team}:{user}", tallies)


async def _leave_to_bot(engine: sa.Engine, team: str, user: str) -> Forgotten:
    """Note the wish in the database of a bot, which looks there every few seconds while it runs."""
    database = Database(engine=engine)
    database.create_tables()
    await Erasures(database=database).note(Kind.USER, f"{team}:{user}", by=BY_OPERATOR)
    note_act("erase_user", actor=OPERATOR, object=f"{team}:{user}", decision="noted")
    words = f"noted: the bot that runs, or the next to start, erases everything of {team}:{user}"
    return Forgotten(words=words, is_done=True)


@asynccontextmanager
async def open_eraser(settings: Settings, engine: sa.Engine) -> AsyncIterator[Eraser]:
    """Open an eraser that needs no bot: what has not ended is not running anywhere, so it is simply ended."""
    database = Database(engine=engine)
    database.create_tables()
    workflows = Workflows(client=open_client(engine))
    async with AsyncExitStack() as stack:
        network = make_network(settings)
        session = await stack.enter_async_context(open_session(network))
        http = await stack.enter_async_context(make_codemie_http(settings, network))
        live = LiveSettings(settings)
        slack = SlackAccess(live=live, session=session)
        own = slack.make_own()
        installs = await stack.enter_async_context(open_installs(slack, database=database, own=own))
        workspaces = installs.workspaces if installs else slack.make_sole(own)

        async def stop(job_id: str, *, by: str) -> None:  # noqa: ARG001 - who it was is in the audit stream
            await workflows.cancel(job_id)

        yield Eraser(
            erasures=Erasures(database=database),
            results=Results(database=database),
            workflows=workflows,
            find_slack=lambda team: workspaces.get(team).poster,
            conversations=make_codemie_client(settings, http, make_token_source(live, http)),
            build_home=make_bare_homes(settings),
            stop=stop,
            is_served=make_departures(workspaces, installs).is_served,
        )


def _is_of(tally: Tally, team: str, user: str) -> bool:
    """Tell whether a wish was about this person, or theirs about a result; those kept before are worked on too."""
    if tally.kind is Kind.USER:
        return tally.subject == f"{team}:{user}"
    return tally.by == user and f":{team}:" in tally.subject


def _describe(person: str, tallies: list[Tally]) -> Forgotten:
    """Say what was done of somebody's wishes; without any, others were before them, and theirs are still kept."""
    jobs, messages, files, conversations = (
        sum(getattr(tally, name) for tally in tallies) for name in ("jobs", "messages", "files", "conversations")
    )
    words = (
        f"erased of {person}: requests {jobs}, messages in Slack {messages}, files in Slack {files}, "
        f"conversations in CodeMie {conversations}"
    )
    if tallies and all(tally.is_done for tally in tallies):
        return Forgotten(words=words, is_done=True)
    return Forgotten(
        words=f"{words}\nnot everything yet: see the log; run this again, or start the bot, which goes on with it",
        is_done=False,
    )
