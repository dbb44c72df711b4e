"""People's data goes from everywhere, whichever way it is asked to, from both kinds of database."""

import asyncio
import json
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres import Postgres, needs_postgres, open_postgres
from replicas import open_replica
from stage import Stage, open_stage
from stores import Stores, find_preview, read_all
from visitors import get_modal, invite, show
from warming import Nursery

from bot.core.controls import BAD, CANCEL_ACTION, DELETE_ACTION, FEEDBACK_ACTION, REFINE_ACTION
from bot.demo.codemie import ChatTurn, Fault
from bot.demo.workspace import Message
from bot.postgres import make_postgres_engine, make_postgres_url
from bot.store import make_sqlite_engine

pytestmark = pytest.mark.timeout(180)
_EVERYWHERE = [
    "slack's messages",
    "slack's files",
    "slack's views",
    "codemie's conversations",
    "codemie's feedback",
    "database",
]
_MOMENT = "0.00001"
_FICKLE = re.compile(r"fickle \w+")


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, needs_postgres])]
)
async def stores(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, nursery: Nursery | None
) -> AsyncIterator[Stores]:
    """Open a bot on one of the databases."""
    folder = tmp_path_factory.mktemp("bot")
    left = folder / "left"
    left.mkdir()
    async with AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(open_postgres()) if request.param == "postgres" else None
        stage = await stack.enter_async_context(
            open_stage(
                folder,
                nursery=nursery,
                DATABASE_URL=postgres.url if postgres else None,
                TMPDIR=str(left),
                PUBLIC_URL="http://bot.example",
                PREVIEW_ACCESS="link",
                CODEMIE_READ_TIMEOUT_S="60",
            )
        )
        stage.fault_for = _Moods().choose_fault
        yield Stores(stage=stage, folder=left, postgres=postgres)


class _Moods:
    """Has CodeMie fail as a request's own words say; what it is about stands in what was said until then."""

    def __init__(self) -> None:
        self._tried: set[str] = set()

    def choose_fault(self, turn: ChatTurn, _: int) -> Fault | None:
        """Choose a fault, for a fickle request the first time alone."""
        is_page = "<flow>" in turn.text
        if "doomed" in turn.text:
            return Fault.execution_failure("agent_token_limit")
        if "endless" in turn.text and is_page:
            return Fault.silence()
        words = _FICKLE.search(turn.text)
        if words is None or is_page or words[0] in self._tried:
            return None
        self._tried.add(words[0])
        return Fault.say(f"About {words[0]} I'd rather talk first.")


async def _use_all(stage: Stage, user: str, mark: str) -> Message:
    """Have somebody use all that there is, planting something each time; return their result, as it is at the end."""
    anchors = [await _ask(stage, user, f"Registration for a {word} {mark}") for word in ("good", "fickle")]
    doomed, endless = [await _ask(stage, user, f"Registration for a {word} {mark}") for word in ("doomed", "endless")]
    await stage.wait_for_failure("C1", doomed.ts)
    await stage.workspace.click(user, endless, CANCEL_ACTION)
    for anchor in anchors:
        await stage.wait_for_files("C1", anchor.ts)
    result = await stage.wait_for_controls("C1", anchors[0].ts, FEEDBACK_ACTION)
    await _refine(stage, user, result, mark)
    await _rate(stage, user, await _find_last(stage, anchors[0]), mark)
    dm = _find_dm(stage, user)
    said = await stage.workspace.say(user=user, channel=dm, text=f"change the title to {mark}")
    await stage.wait_for_controls(dm, said.ts, FEEDBACK_ACTION)
    await stage.workspace.open_home(user)
    return await _find_last(stage, anchors[0])


async def _ask(stage: Stage, user: str, prompt: str) -> Message:
    return await stage.command(f"{prompt}: name, car plate, e-mail", user=user)


def _find_dm(stage: Stage, user: str) -> str:
    return stage.workspace.state.open_dm(user).id


async def _find_last(stage: Stage, anchor: Message) -> Message:
    """Find the newest message of a thread with the controls of a result."""
    await stage.wait_for_controls("C1", anchor.ts, FEEDBACK_ACTION)
    return [item for item in stage.list_thread("C1", anchor.ts) if FEEDBACK_ACTION in show(item.blocks)][-1]


async def _refine(stage: Stage, user: str, result: Message, mark: str) -> None:
    await stage.workspace.click(user, result, REFINE_ACTION)
    await stage.workspace.submit_view(user, get_modal(stage, user), {"prompt": f"add a field for {mark}"})
    await stage.workspace.wait_for(
        lambda: [
            item
            for item in stage.list_thread("C1", str(result.thread_ts))
            if FEEDBACK_ACTION in show(item.blocks) and item.ts > result.ts
        ],
        30,
    )


async def _rate(stage: Stage, user: str, result: Message, mark: str) -> None:
    known = len(stage.codemie.feedback)
    await stage.workspace.click(user, result, FEEDBACK_ACTION, f"{BAD}:{_get_job(result)}")
    await stage.workspace.submit_view(user, get_modal(stage, user), {"prompt": f"{mark} is missing"})
    async with asyncio.timeout(20):
        while mark not in str(stage.codemie.feedback[known:]):  # noqa: ASYNC110 - CodeMie tells nobody
            await asyncio.sleep(0.05)


def _get_job(message: Message) -> str:
    elements = [element for block in message.blocks for element in block.get("elements") or ()]
    return str(next(element["value"] for element in elements if element.get("action_id") == REFINE_ACTION))


async def _forget(stage: Stage, person: str) -> int:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "forget", person),
        env=dict(stage.env),
        cwd=stage.log_path.parent,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    return await process.wait()


def _count_erased(stage: Stage, subject: str = "") -> int:
    """Count how often it was said that everything of a wish is erased: of any, or of somebody's."""
    lines = (json.loads(line) for line in stage.read_log().splitlines() if '"event": "erased"' in line)
    return sum(line["object"] == subject or not subject for line in lines)


async def _wait_until_erased(stage: Stage, count: int = 1, *, subject: str = "") -> None:
    async with asyncio.timeout(40):
        while _count_erased(stage, subject) < count:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.1)


async def _open(stores: Stores, url: str) -> int:
    """Open a preview as a browser does, which finds the bot behind its public address."""
    return await stores.stage.get_status(url.removeprefix("http://bot.example"))


async def test_forget_leaves_nothing_anywhere(stores: Stores) -> None:
    """Of nothing that somebody can do; a bystander keeps theirs, and who was forgotten may begin again."""
    stage, user, mark = stores.stage, invite(stores.stage, "UFORGET"), "plantedpermit"
    bystander = await _ask(stage, "U2", "Registration for a plantedgarden")
    await stage.wait_for_files("C1", bystander.ts)
    result = await _use_all(stage, user, mark)
    before, link = await stores.list_places(mark), find_preview(result)
    opened = await _open(stores, link)
    code = await _forget(stage, f"T1:{user}")
    await _wait_until_erased(stage, subject=f"T1:{user}")

    assert before == _EVERYWHERE
    assert (opened, code) == (200, 0)
    assert await stores.list_places(mark) == []
    assert await _open(stores, link) in {404, 410}
    assert "database" in await stores.list_places("plantedgarden")
    await stage.workspace.open_home(user)
    assert "You have not asked for anything yet." in show(stage.workspace.published_homes[user].body)
    again = await _ask(stage, user, "Registration for a second life")
    assert await stage.wait_for_files("C1", again.ts)
    if stores.postgres is not None:
        await _rewrite_until_gone(stores.postgres, mark)


async def _rewrite_until_gone(postgres: Postgres, mark: str) -> None:
    """Have the files of the tables written anew, until no dead row has a mark that somebody else might still see."""
    engine = sa.create_engine(make_postgres_url(postgres.url), isolation_level="AUTOCOMMIT")
    async with asyncio.timeout(60):
        while await asyncio.to_thread(_rewrite_and_look, engine, postgres, mark):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(1)
    engine.dispose()


def _rewrite_and_look(engine: sa.Engine, postgres: Postgres, mark: str) -> bool:
    with engine.connect() as connection:
        for statement in ("VACUUM FULL", "CHECKPOINT"):
            connection.execute(sa.text(statement))
    return mark.encode() in read_all(postgres.folder / "server" / "base")


async def test_delete_and_a_deleted_message_leave_nothing_of_one_request(stores: Stores) -> None:
    """Of that of one button and that of one message; a third is left as it is, its place in the App Home included."""
    stage, user = stores.stage, invite(stores.stage, "UDELETE")
    dm, marks = _find_dm(stage, user), ("plantedbutton", "plantedword", "plantedrest")
    results = []
    for mark in marks:
        said = await stage.workspace.say(user=user, channel=dm, text=f"Registration for a {mark}: name, e-mail")
        results.append(await stage.wait_for_controls(dm, said.ts, FEEDBACK_ACTION))
    await stage.workspace.open_home(user)
    before = [await stores.list_places(mark) for mark in marks]
    count = _count_erased(stage)
    await stage.workspace.click(user, results[0], DELETE_ACTION)
    await stage.workspace.delete_message(user=user, channel=dm, ts=str(results[1].thread_ts))
    await _wait_until_erased(stage, count + 2)
    bare = show(stage.workspace.published_homes[user].body)
    await stage.workspace.open_home(user)

    assert all(places == [name for name in _EVERYWHERE if "feedback" not in name] for places in before)
    assert [await stores.list_places(mark) for mark in marks[:2]] == [[], []]
    assert "open this tab again" in bare
    assert [mark in show(stage.workspace.published_homes[user].body) for mark in marks] == [False, False, True]
    assert await stores.list_places(marks[2]) == before[2]


async def test_who_shares_a_thread_keeps_what_is_theirs(stores: Stores) -> None:
    """Two people change one result by turns; one of them is forgotten, and the other goes on."""
    stage = stores.stage
    first, second = invite(stage, "UFIRST"), invite(stage, "USECOND")
    anchor = await _ask(stage, first, "Registration for a parking permit")
    result = await stage.wait_for_controls("C1", anchor.ts, FEEDBACK_ACTION)
    await _refine(stage, second, result, "plantedothers")
    await _refine(stage, first, await _find_last(stage, anchor), "plantedmine")
    theirs = await stores.list_places("plantedothers")
    await _forget(stage, f"T1:{second}")
    await _wait_until_erased(stage, subject=f"T1:{second}")
    last = await _find_last(stage, anchor)
    await _refine(stage, first, last, "plantedlater")

    assert "database" in theirs
    assert "slack's files" in await stores.list_places("plantedmine")
    assert "slack's files" in await stores.list_places("plantedlater")


async def test_a_namesake_in_another_workspace_is_somebody_else(stores: Stores) -> None:
    """And somebody of whom nothing is kept can be forgotten all the same."""
    stage, user = stores.stage, invite(stores.stage, "UNAMESAKE")
    anchor = await _ask(stage, user, "Registration for a plantednamesake")
    await stage.wait_for_controls("C1", anchor.ts, FEEDBACK_ACTION)
    before = await stores.list_places("plantednamesake")
    await _forget(stage, f"T9:{user}")
    await _wait_until_erased(stage, subject=f"T9:{user}")

    assert before
    assert await stores.list_places("plantednamesake") == before


async def test_what_codemie_keeps_late_is_come_back_for(stores: Stores) -> None:
    """It reads the model to its end for a client that has left, and keeps the turn only then."""
    stage, user, mark = stores.stage, invite(stores.stage, "ULATE"), "plantedlag"
    stage.codemie.keeps_late = True
    await _ask(stage, user, f"Registration for an endless {mark}")
    await _wait_for_silence(stage, mark)
    await _forget(stage, f"T1:{user}")
    await _wait_until_erased(stage, subject=f"T1:{user}")
    at_once = await stores.list_places(mark)
    stage.codemie.keep_late()
    stage.codemie.keeps_late = False
    kept = await stores.list_places(mark)
    _make_due(stage)
    async with asyncio.timeout(30):
        while "codemie's conversations" in await stores.list_places(mark):  # noqa: ASYNC110 - CodeMie tells nobody
            await asyncio.sleep(0.3)

    assert at_once == []
    assert kept == ["codemie's conversations"]
    assert await stores.list_places(mark) == []


async def _wait_for_silence(stage: Stage, mark: str) -> None:
    """Wait until CodeMie was asked for a page of something, which it is not going to give."""
    async with asyncio.timeout(20):
        while not any(mark in call.text and "<flow>" in call.text for call in stage.codemie.calls):  # noqa: ASYNC110 - CodeMie tells nobody
            await asyncio.sleep(0.05)


def _make_due(stage: Stage) -> None:
    """Let the time pass after which what is to be erased is gone on with."""
    url = stage.env.get("DATABASE_URL")
    path = Path(stage.env["DATA_DIR"]) / "bot.sqlite"
    engine = make_postgres_engine(url) if url else make_sqlite_engine(path, synchronous="NORMAL")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE bot_erasures SET due_at_ms = 0"))
    engine.dispose()


async def test_a_job_of_another_replica_is_stopped_and_erased(stores: Stores, tmp_path: Path) -> None:
    """Whoever comes to erase it first, which here is the other, since the one that runs it stands still meanwhile."""
    if stores.postgres is None:
        pytest.skip("SQLite has one process")
    stage, user, mark = stores.stage, invite(stores.stage, "UREPLICA"), "plantedreplica"
    assert stage.process is not None
    await _ask(stage, user, f"Registration for an endless {mark}")
    await _wait_for_silence(stage, mark)
    async with open_replica(stage, tmp_path / "other") as other:
        stage.process.send_signal(signal.SIGSTOP)
        await _forget(stage, f"T1:{user}")
        await asyncio.sleep(4)
        stage.process.send_signal(signal.SIGCONT)
        subject = f"T1:{user}"
        async with asyncio.timeout(40):
            while not _count_erased(stage, subject) + _count_erased(other, subject):  # noqa: ASYNC110 - files tell nobody
                await asyncio.sleep(0.1)
        left = await stores.list_places(mark), mark in other.read_log()
    if "SLACK_APP_TOKEN" not in stage.env:
        stage.workspace.events_url = f"{stage.url}/slack/events"

    assert left == ([], False)


async def test_a_kill_in_mid_erasure_is_gone_on_from(stores: Stores) -> None:
    """While CodeMie is away, and again while Slack is; what is left then is ids alone, and goes when they are back."""
    stage, user, mark = stores.stage, invite(stores.stage, "UKILL"), "plantedkill"
    await _use_all(stage, user, mark)
    stage.codemie.erasure_faults.extend([Fault.unavailable()] * 99)
    await _forget(stage, f"T1:{user}")
    await stage.wait_for_log("erasure_waits")
    await stage.kill()
    stage.codemie.erasure_faults.clear()
    meanwhile = await stores.list_places(mark)
    for method in ("chat.update", "files.delete", "views.publish"):
        stage.workspace.faults.answer_status(method, 503, times=None)
    _make_due(stage)
    await stage.start()
    await asyncio.sleep(1)
    await stage.kill()
    stage.workspace.faults.clear()
    _make_due(stage)
    await stage.start()
    await _wait_until_erased(stage, subject=f"T1:{user}")

    assert not {"database", "files", "log"}.intersection(meanwhile)
    assert await stores.list_places(mark) == []


async def test_time_leaves_nothing_but_in_slack(stores: Stores) -> None:
    """After ``RETENTION_DAYS``: whatever way a request went."""
    stage, user, mark = stores.stage, invite(stores.stage, "UTIME"), "plantedtime"
    result = await _use_all(stage, user, mark)
    link = find_preview(result)
    await stage.restart(RETENTION_DAYS=_MOMENT)
    await stage.wait_for_log("pruned")
    left, opened = await stores.list_places(mark), await _open(stores, link)
    await stage.restart(RETENTION_DAYS="30")

    assert left == ["slack's messages", "slack's files", "slack's views", "codemie's feedback"]
    assert opened in {404, 410}


async def test_an_uninstall_leaves_nothing_but_in_slack(stores: Stores) -> None:
    """It has no token any more by which that could be reached; half a day later all else is gone."""
    stage, user, mark = stores.stage, invite(stores.stage, "UNINSTALL"), "planteduninstall"
    token = stage.workspace.bot_token
    result = await _use_all(stage, user, mark)
    await stage.workspace.uninstall()
    async with asyncio.timeout(10):
        while stage.read_log().count('"event": "uninstalled"') < 2:  # noqa: ASYNC110 - of two events; a file tells nobody
            await asyncio.sleep(0.05)
    _make_due(stage)
    await _wait_until_erased(stage, subject="T1")
    left, opened = await stores.list_places(mark), await _open(stores, find_preview(result))
    stage.workspace.bot_token = token

    assert left == ["slack's messages", "slack's files", "slack's views"]
    assert opened in {404, 410}
