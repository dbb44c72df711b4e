"""Pictures of prototypes, painted by the process that the bot paints them with."""

import asyncio
import base64
import io
import os
import signal
import struct
import sys
import tempfile
import time
import zlib
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from browser import CHROMIUM, needs_chromium, open_browser
from PIL import Image
from prototypes import finish, list_pages, read_flow, read_page

from bot.core.models import Flow, Step
from bot.core.texts import Language
from bot.errors import UnexpectedError
from bot.previews.compile import TailwindCompiler
from bot.previews.frames import ControlWords, Request, write_request
from bot.previews.picture import Painter, PictureLimits

_MODULE: Final = "bot.previews.darkroom"
_PATIENT: Final = PictureLimits(timeout_s=60)
_COLORS: Final = ("#ff0000", "#00aa00", "#0000ff", "#aa00aa", "#00aaaa", "#aaaa00", "#111177", "#771111", "#117711")
_GREETING: Final = "<!doctype html><h1>Hello</h1>"
_DOOMED: Final = """
import asyncio
from bot.core.models import Flow, Step
from bot.core.texts import Language
from bot.previews.picture import Painter

async def main():
    painter = Painter(chromium={chromium!r})
    flow = Flow(id="f", name="F", steps=[Step(id="s", type="info", title="T")])
    page = "<p>" + "words <b>and</b> more " * 20_000
    task = asyncio.ensure_future(painter.paint(page, flow=flow, language=Language.ENGLISH))
    while painter._process is None:
        await asyncio.sleep(0.01)
    print(painter._process.process.pid, flush=True)
    {then}

asyncio.run(main())
"""
in_chromium: Final = [pytest.mark.browser, needs_chromium]
both_engines = pytest.mark.parametrize(
    "chromium", [pytest.param(None, id="blitz"), pytest.param(CHROMIUM, id="chromium", marks=in_chromium)]
)


def make_flow(*titles: str) -> Flow:
    """Make a flow of steps with these titles."""
    steps = tuple(Step(id=f"s{n}", type="info", title=title) for n, title in enumerate(titles or ("Hello",)))
    return Flow(id="flow", name="Flow", steps=steps)


def read_picture(content: bytes) -> Image.Image:
    """Read the whole of a PNG."""
    with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
        return image.convert("RGB")


def count_color(image: Image.Image, color: str) -> int:
    """Count the pixels of that colour."""
    wanted = tuple(bytes.fromhex(color.removeprefix("#")))
    return sum(count for count, found in image.getcolors(image.width * image.height) or [] if found == wanted)


def find_painters() -> list[int]:
    """Return the processes that paint for this one."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat, arguments = (folder / "stat").read_text(), (folder / "cmdline").read_text()
        except OSError:
            continue
        state, parent = stat.rpartition(")")[2].split()[:2]
        if int(parent) == os.getpid() and state != "Z" and _MODULE in arguments:
            found.append(int(folder.name))
    return found


def find_group(group: int) -> list[str]:
    """Return the processes of a group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of_group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(of_group) == group and state != "Z":
            found.append(path.parent.name)
    return found


def list_folder(folder: Path) -> list[str]:
    """Return the names in a folder."""
    return sorted(path.name for path in folder.iterdir())


async def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(60):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def listen() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Listen on loopback; give the address and what was heard there."""
    heard: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(b"")
        heard[-1] = (await reader.read(1_000)).partition(b"\r\n")[0]
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard


def write_bomb(side: int) -> str:
    """Write a picture of a few kilobytes that takes ``3 * side * side`` bytes once it is read."""

    def write_chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * (side * 3 + 1)) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + write_chunk(b"IHDR", header) + write_chunk(b"IDAT", rows) + write_chunk(b"IEND", b"")
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


@both_engines
async def test_every_page_becomes_a_picture(chromium: str | None) -> None:
    """Long, dark, broken and huge pages are painted in a size that Slack shows; an empty one is refused."""
    compiler = TailwindCompiler()
    async with Painter(limits=_PATIENT, chromium=chromium) as painter:
        for name in list_pages():
            page = await finish(read_page(name), compiler)
            if name == "empty":
                with pytest.raises(UnexpectedError, match="BlankPage"):
                    await painter.paint(page, flow=read_flow(name), language=Language.ENGLISH)
                continue
            image = read_picture(await painter.paint(page, flow=read_flow(name), language=Language.ENGLISH))

            assert 700 <= image.width <= 4_000, name
            assert 300 <= image.height <= 8_000, name
            assert len(image.getcolors(image.width * image.height) or []) > 20, name


@both_engines
@pytest.mark.parametrize("steps", [2, 3, 5, 9])
async def test_strip_has_a_screen_for_each_step(chromium: str | None, steps: int) -> None:
    """Every step's own colour is in the picture, up to eight of them; what stands around them is not repeated."""
    titles = [f"Title {n}" for n in range(steps)]
    sections = "".join(
        f'<section><h2>{title}</h2><div style="height: 60px; background: {color}"></div></section>'
        for title, color in zip(titles, _COLORS, strict=False)
    )
    page = f'<!doctype html><body><header style="height: 40px; background: #654321">Top</header>{sections}</body>'
    async with Painter(limits=_PATIENT, chromium=chromium) as painter:
        image = read_picture(await painter.paint(page, flow=make_flow(*titles), language=Language.ENGLISH))

    shown = [count_color(image, color) for color in _COLORS[:steps]]
    assert min(shown[:8]) > 60 * 300 * 4
    assert shown[8:] == [0] * (steps - 8)
    assert 0 < count_color(image, "#654321") <= 40 * 360 * 4


async def test_a_step_that_waits_for_a_script_is_shown() -> None:
    """Pages that show one step at a time by script have all of them in the picture."""
    page = (
        "<!doctype html><style>.step { display: none } .step.on { display: block }</style>"
        '<div class="step on"><h2>First</h2><p style="background: #ff0000">1</p></div>'
        '<div class="step"><h2>Second</h2><p style="background: #0000ff">2</p></div>'
        '<div hidden><h2>Third</h2><p style="background: #00aa00">3</p></div>'
    )
    async with Painter(limits=_PATIENT) as painter:
        image = read_picture(
            await painter.paint(page, flow=make_flow("First", "Second", "Third"), language=Language.ENGLISH)
        )

    assert all(count_color(image, color) > 1_000 for color in ("#ff0000", "#0000ff", "#00aa00"))


@both_engines
async def test_nothing_is_fetched(chromium: str | None) -> None:
    """A page that loads in every way, as the model wrote it or finished, makes no connection and is painted."""
    async with listen() as (origin, heard), Painter(limits=_PATIENT, chromium=chromium) as painter:
        raw = read_page("remote", origin=origin)
        for page in (raw, await finish(raw, TailwindCompiler())):
            image = read_picture(await painter.paint(page, flow=read_flow("remote"), language=Language.ENGLISH))

            assert len(image.getcolors(image.width * image.height) or []) > 20
        await asyncio.sleep(0.3)

    assert heard == []


@pytest.mark.browser
@needs_chromium
async def test_the_same_page_fetches_where_it_may() -> None:
    """The listener hears an ordinary browser, so its silence above means something."""
    async with listen() as (origin, heard), open_browser() as browser:
        page = await browser.new_page()
        await page.set_content(read_page("remote", origin=origin), wait_until="commit")
        await wait_until(lambda: len(heard) > 2)

    assert any(line.startswith(b"GET /") for line in heard)


async def test_process_has_low_priority_and_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of its threads give way, its environment is not the bot's, and the page is not among its arguments."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "planted-token")
    async with Painter(limits=_PATIENT) as painter:
        await painter.paint("<!doctype html><h1>planted-page</h1>", flow=make_flow(), language=Language.ENGLISH)
        (pid,) = find_painters()
        folder = Path(f"/proc/{pid}")
        priorities = {os.getpriority(os.PRIO_PROCESS, int(task.name)) for task in (folder / "task").iterdir()}
        told = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()

    assert priorities == {19}
    assert b"planted" not in told


async def test_process_is_kept_and_ends_with_the_painter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process paints picture after picture; closing leaves neither it nor its folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with Painter(limits=_PATIENT) as painter:
        await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)
        first = find_painters()
        await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)

        assert find_painters() == first
        assert len(list_folder(tmp_path)) == 1
    assert len(first) == 1
    assert find_painters() == []
    assert list_folder(tmp_path) == []
    with pytest.raises(UnexpectedError, match="closed"):
        await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)


async def test_closing_refuses_whoever_waits() -> None:
    """A painter that is closed while its process starts leaves no process, and nobody waits for ever."""
    painter = Painter(limits=_PATIENT)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(catch(painter, _GREETING)) for _ in range(3)]
        await asyncio.sleep(0)
        await painter.close()

    assert all(task.result().startswith("No picture: the painter") for task in tasks)
    assert find_painters() == []


@both_engines
async def test_process_ends_with_the_bot(tmp_path: Path, chromium: str | None) -> None:
    """A bot that is killed in the middle of a picture leaves neither process nor folder."""
    script = tmp_path / "doomed.py"
    script.write_text(_DOOMED.format(chromium=chromium, then="await asyncio.sleep(60)"), encoding="utf-8")
    doomed = await asyncio.create_subprocess_exec(*(sys.executable, script), env={"TMPDIR": str(tmp_path)}, stdout=PIPE)
    assert doomed.stdout is not None
    group = int(await doomed.stdout.readline())
    await asyncio.sleep(0.5 if chromium else 0)
    doomed.kill()
    await doomed.wait()
    await wait_until(lambda: not find_group(group))

    await wait_until(lambda: list_folder(tmp_path) == ["doomed.py"])


async def test_process_ends_with_a_bot_that_forgets_it(tmp_path: Path) -> None:
    """Python removes the folder when it ends without closing the painter; the process ends all the same."""
    script = tmp_path / "careless.py"
    script.write_text(_DOOMED.format(chromium=None, then="await task"), encoding="utf-8")
    careless = await asyncio.create_subprocess_exec(
        *(sys.executable, script), env={"TMPDIR": str(tmp_path)}, stdout=PIPE, stderr=DEVNULL
    )
    assert careless.stdout is not None
    group = int(await careless.stdout.readline())
    await careless.wait()

    await wait_until(lambda: not find_group(group))


async def test_idle_process_ends() -> None:
    """After a while without pictures the memory is given back; the next picture starts another process."""
    async with Painter(limits=PictureLimits(timeout_s=60, idle_s=0.3)) as painter:
        await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)
        await wait_until(lambda: find_painters() == [])

        assert read_picture(await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)).width > 700


async def test_killed_process_is_replaced() -> None:
    """A process that is killed while it is idle costs nobody a picture."""
    async with Painter(limits=_PATIENT) as painter:
        await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)
        (pid,) = find_painters()
        os.kill(pid, signal.SIGKILL)
        await wait_until(lambda: find_painters() == [])
        await asyncio.sleep(0.1)
        await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)

        assert find_painters() != [pid]


async def test_process_killed_at_work_fails_that_picture_alone() -> None:
    """The caller learns it as an error of the tree; the next picture is painted."""
    async with Painter(limits=_PATIENT) as painter:
        await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)
        (pid,) = find_painters()
        os.kill(pid, signal.SIGSTOP)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(catch(painter, _GREETING))
            await asyncio.sleep(0.1)
            os.kill(pid, signal.SIGKILL)

        assert "the painter ended" in task.result()
        assert read_picture(await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)).width > 700


async def test_hanging_process_is_killed_in_time() -> None:
    """A process that stands still is gone when the time is up, and the next picture is painted."""
    async with Painter(limits=PictureLimits(timeout_s=3)) as painter:
        await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)
        (pid,) = find_painters()
        os.kill(pid, signal.SIGSTOP)
        start = time.monotonic()
        said = await catch(painter, _GREETING)

        assert said == "No picture: it took longer than 3 s"
        assert 2.9 <= time.monotonic() - start < 15
        assert find_painters() == []
        assert read_picture(await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)).width > 700


async def test_page_that_eats_memory_ends_the_process_alone() -> None:
    """Small pictures that unpack to gigabytes meet the process's bound; the next page is painted."""
    bomb = f'<img src="{write_bomb(9_000)}">'
    async with Painter(limits=_PATIENT) as painter:
        said = await catch(painter, f"<!doctype html><h1>Hello</h1>{bomb * 6}")

        assert said.startswith("No picture: the painter ended")
        assert read_picture(await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)).width > 700


async def test_process_bounds_its_own_cpu_time(tmp_path: Path) -> None:
    """Should nobody be there to end it, a process that never comes to an end is ended by the system."""
    root = str(Path(__file__).parents[2])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", _MODULE, str(2**30), "1"),
        cwd=tmp_path,
        env={"PYTHONPATH": root},
        stdin=PIPE,
        stdout=PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    words = ControlWords(empty={}, date="")
    request = Request(html="<div>" * 29_000 + "deep", titles=["Hello"], more=[""], words=words)
    process.stdin.write(write_request(request))

    async with asyncio.timeout(90):
        assert await process.wait() == -signal.SIGXCPU


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<!doctype html>" + "<div>" * 20_000 + "deep", id="nested"),
        pytest.param('<!doctype html><h1>Hello</h1><div style="height: 10000000px; background: red">', id="tall"),
        pytest.param("<!doctype html><p style='width: 9000000px; font-size: 99999px'>wide", id="wide"),
        pytest.param("<table>" * 3_000 + "<td>deep", id="tables"),
    ],
)
async def test_page_out_of_all_proportion_leaves_the_painter_usable(page: str) -> None:
    """Whether such a page is painted or fails, it is over in time, in sane size, and the next one is painted."""
    async with Painter(limits=PictureLimits(timeout_s=20)) as painter:
        try:
            image = read_picture(await painter.paint(page, flow=make_flow(), language=Language.ENGLISH))
        except UnexpectedError:
            image = None

        assert image is None or image.height <= 3_000
        assert read_picture(await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)).width > 700


async def test_cancelled_picture_does_not_become_the_next_one() -> None:
    """The answer of a picture that nobody waits for any more is given to nobody else."""
    async with Painter(limits=_PATIENT) as painter:
        await painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)
        (pid,) = find_painters()
        os.kill(pid, signal.SIGSTOP)
        async with asyncio.TaskGroup() as group:
            red = '<!doctype html><body style="background: #ff0000"><h1>Red</h1>'
            task = group.create_task(painter.paint(red, flow=make_flow(), language=Language.ENGLISH))
            await asyncio.sleep(0.1)
            task.cancel()
            os.kill(pid, signal.SIGCONT)
        image = read_picture(
            await painter.paint(
                '<!doctype html><p style="background: #0000ff">b', flow=make_flow(), language=Language.ENGLISH
            )
        )

    assert task.cancelled()
    assert count_color(image, "#ff0000") == 0
    assert count_color(image, "#0000ff") > 1_000


async def test_more_than_so_many_are_refused_at_once() -> None:
    """One is painted, two wait, the fourth is told so without waiting."""
    async with Painter(limits=PictureLimits(timeout_s=60, waiting=2)) as painter, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(painter.paint(_GREETING, flow=make_flow(), language=Language.ENGLISH)) for _ in range(3)
        ]
        await asyncio.sleep(0)
        said = await catch(painter, _GREETING)

        assert said == "No picture: 3 others wait for theirs"
        assert not any(task.done() for task in tasks)
    assert all(read_picture(task.result()).width > 700 for task in tasks)


async def test_too_big_a_page_is_refused_before_it_is_sent() -> None:
    """No process is started for it."""
    async with Painter(limits=PictureLimits(html_bytes=10_000)) as painter:
        said = await catch(painter, "x" * 10_001)

        assert said == "No picture: the page has more than 10000 bytes"
        assert find_painters() == []


async def catch(painter: Painter, page: str) -> str:
    """Paint what can't be painted; return what the error says."""
    with pytest.raises(UnexpectedError) as caught:
        await painter.paint(page, flow=make_flow(), language=Language.ENGLISH)
    return str(caught.value)
