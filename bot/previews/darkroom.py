"""The painter's process: reads pages from stdin, paints them, and writes pictures to stdout.

Whatever a page does to the process stays in it: it has little memory, a bounded CPU time for each picture, no
secrets in its environment, and ends with the bot or after its first failure. Nothing of a page is logged.
"""

import gc
import io
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import BinaryIO, Final

import blitz_py
from PIL import Image

from bot.memory import release_memory
from bot.previews.captions import SCALE, SCREEN_WIDTH, Render
from bot.previews.chromium import Browser, reserve_fds
from bot.previews.frames import PICTURE, PROBLEM, Request, read_request, write_answer
from bot.previews.light_shadows import lighten_shadows
from bot.previews.png import write_png
from bot.previews.screens import Screen, cut_screens
from bot.previews.stand_ins import put_stand_ins, replace_emoji
from bot.previews.strip import PAGE_WIDTH, Shot, compose_strip, cut_page, is_blank, trim

_TALLEST: Final = 4_000
_QUIET_S: Final = 1
# Called with a folder and a group of processes; these may take long to die where the machine is busy.
_CLEAN_UP: Final = """\
kill -s KILL -- -"$1"
tries=0
while [ "$tries" -lt 100 ] && kill -s 0 -- -"$1"; do tries=$((tries + 1)); sleep 0.1; done
rm -rf -- "$0"
"""
_BASE_URL: Final = "http://page.invalid/"
_FILE_BYTES: Final = 64 * 1024 * 1024


class BlankPage(Exception):
    """The page shows nothing, so there is nothing to show of it."""


def paint(request: Request, render: Render, *, has_stand_ins: bool) -> bytes:
    """Paint a page as a strip of its screens, or whole where it has none to cut it into."""
    mend = partial(put_stand_ins, words=request.words) if has_stand_ins else None
    cut = cut_screens(request.html, titles=request.titles, mend=mend)
    if not cut.screens:
        image = trim(render(cut.whole, PAGE_WIDTH, None))
        if is_blank(image):
            raise BlankPage
        return write_png(cut_page(image))
    shots = [Shot(number=screen.number, title=screen.title, image=_shoot(screen, render)) for screen in cut.screens]
    if all(is_blank(shot.image) for shot in shots):
        raise BlankPage
    more = request.more[cut.more] if cut.more else ""
    return write_png(compose_strip(shots, more=more, render=render_with_blitz))


def _shoot(screen: Screen, render: Render) -> Image.Image:
    """Render a screen; an empty one is rendered again, for its styles may wait for a script to show it."""
    image = trim(render(screen.html, SCREEN_WIDTH, None), is_top_kept=screen.is_first)
    if is_blank(image):
        image = trim(render(screen.force(), SCREEN_WIDTH, None), is_top_kept=screen.is_first)
    return image


def render_with_blitz(html: str, width: int, height: int | None) -> Image.Image:
    """Render with Blitz, which fetches nothing and runs nothing; what is too tall for it is cut.

    Relative addresses need an address to begin with, or they bring it down.
    """
    html = replace_emoji(html)

    def render(height: int | None) -> tuple[int, int, bytes]:
        return blitz_py.render_rgba(html, width=width, height=height, scale=SCALE, base_url=_BASE_URL)

    try:
        columns, rows, pixels = render(height)
    except ValueError:
        columns, rows, pixels = render(_TALLEST)
    return Image.frombytes("RGB", (columns, rows), pixels, "raw", "RGBX")


def render_with(browser: Browser) -> Render:
    """Render with a running Chromium."""

    def render(html: str, width: int, height: int | None) -> Image.Image:
        png = browser.shoot(html, width=width, height=height, tallest=_TALLEST, scale=SCALE)
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            return image.convert("RGB")

    return render


def make_painter(chromium: str | None) -> Callable[[Request], bytes]:
    """Choose the engine: Blitz, or the Chromium of that path, which is started for each picture."""

    def paint_with_blitz(request: Request) -> bytes:
        html = lighten_shadows(request.html)
        return paint(replace(request, html=html), render_with_blitz, has_stand_ins=True)

    def paint_with_chromium(request: Request) -> bytes:
        with Browser.start(chromium or "") as browser:
            return paint(request, render_with(browser), has_stand_ins=False)

    return paint_with_chromium if chromium else paint_with_blitz


def limit_process(*, memory_bytes: int, is_browser: bool) -> None:
    """Bound what the process may take.

    Chromium reserves address space by the terabyte, so that each of its processes is bound by what it may write to.
    """
    with suppress(OSError):  # Where memory runs out all the same, this process is to go, not the bot.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_FSIZE, _FILE_BYTES)
    _bound(resource.RLIMIT_DATA if is_browser else resource.RLIMIT_AS, memory_bytes)


def _bound(what: int, limit: int) -> None:
    """Lower a limit; one that is lower already stays."""
    _, hard = resource.getrlimit(what)
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(what, (limit, limit))


def limit_cpu(seconds: int) -> None:
    """Let the process be ended once it has used so much CPU time more, should nobody be there to end it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + seconds + 1, hard))


def serve(requests: SimpleQueue[Request], output: BinaryIO, painter: Callable[[Request], bytes], cpu_s: int) -> None:
    """Answer requests until one fails; what a failure left behind in the engine is unknown."""
    while True:
        request = _take(requests)
        limit_cpu(cpu_s)
        try:
            answer = write_answer(PICTURE, painter(request))
        except Exception as error:  # noqa: BLE001 - the bot learns the kind, and starts another process
            output.write(write_answer(PROBLEM, type(error).__name__.encode()))
            output.flush()
            return
        output.write(answer)
        output.flush()


def _take(requests: SimpleQueue[Request]) -> Request:
    """Wait for a request; while there is none for long, let no memory lie about that only a picture needs."""
    try:
        return requests.get(timeout=_QUIET_S)
    except Empty:
        gc.collect()
        release_memory()
        return requests.get()


def listen(stream: BinaryIO, requests: SimpleQueue[Request], folder: Path) -> None:
    """Take requests in; when the bot is gone, end the process with all that it started, whatever it is at."""
    try:
        while (request := read_request(stream)) is not None:
            requests.put(request)
    finally:
        _end_all(folder)


def _end_all(folder: Path) -> None:
    """Have the process's group killed from outside, and its folder removed once nobody is left to write there."""
    try:
        subprocess.run(  # noqa: S603 - the folder is the one that the bot made
            ("/bin/sh", "-c", _CLEAN_UP, str(folder), str(os.getpgrp())),
            check=False,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    finally:
        os.killpg(os.getpgrp(), signal.SIGKILL)


def main() -> None:
    """Serve over the standard streams: ``darkroom MEMORY_BYTES CPU_SECONDS [CHROMIUM]``.

    It must lead a process group, and be in a folder of its own, which it removes when the bot is gone.
    """
    if os.getpid() != os.getpgrp():
        sys.exit("The painter's process must lead its group")
    memory_bytes, cpu_s = int(sys.argv[1]), int(sys.argv[2])
    chromium = sys.argv[3] if len(sys.argv) > 3 else None  # noqa: PLR2004 - the optional third
    reserve_fds()
    # Libraries that print must not print into the answers.
    answers = os.dup(1)
    os.dup2(sys.stderr.fileno(), 1)
    limit_process(memory_bytes=memory_bytes, is_browser=chromium is not None)
    requests: SimpleQueue[Request] = SimpleQueue()
    # No daemon: it cleans up after the bot is gone, also when the painting has failed by then.
    threading.Thread(target=listen, args=(sys.stdin.buffer, requests, Path.cwd())).start()
    # Closed however it ends: the bot takes that for the end of the process, and cleans up.
    with os.fdopen(answers, "wb") as output:
        serve(requests, output, make_painter(chromium), cpu_s)


if __name__ == "__main__":
    main()
