"""Tailwind's own command line, run on the classes of a page."""

import asyncio
import os
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from prototypes import list_pages, read_page

from bot.core.pages import finish_page, list_classes
from bot.core.texts import Language
from bot.errors import UnexpectedError
from bot.previews.compile import TailwindCompiler
from bot.previews.light_shadows import lighten_shadows
from bot.previews.warm_tailwind import WarmTailwinds

PAGE = """<!doctype html><html lang="uk"><body class="bg-gray-100 dark:bg-slate-900">
<div class="w-[37rem] md:grid border focus:ring-2 not-a-class"><p class="bg-black bg-opacity-50">x</p>
<span class="flex-shrink-0 bg-gradient-to-r from-sky-500 bg-[url(https://evil.example/x.png)]">y</span></div></body></html>"""

_ROOT: Final = Path(__file__).parents[2]
_DOOMED: Final = """
import asyncio
from bot.previews.compile import TailwindCompiler
from bot.previews.warm_tailwind import WarmTailwinds

async def main():
    async with WarmTailwinds() as tailwinds:
        await TailwindCompiler(warm=tailwinds).compile(frozenset({"p-1"}))
        print("built", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_page_carries_the_rules_of_its_classes() -> None:
    """Plain, responsive, dark and arbitrary classes are compiled, and those of version 3 that models still write."""
    css = await TailwindCompiler().compile(list_classes(PAGE))
    page = finish_page(PAGE, css=css, language=Language.ENGLISH)

    for rule in (
        ".bg-gray-100{",
        r".w-\[37rem\]{width:37rem}",
        r"@media (min-width:48rem){.md\:grid{display:grid}}",
        "@media (prefers-color-scheme:dark){.dark\\:bg-slate-900{",
        r".focus\:ring-2:focus{",
        ":where(.bg-black).bg-opacity-50{background-color:#00000080}",
        ".flex-shrink-0{flex-shrink:0}",
        ".bg-gradient-to-r{",
        "box-sizing:border-box",
        "border-color:var(--color-gray-200,currentcolor)",
    ):
        assert rule in page
    assert "not-a-class{" not in page
    assert "://" not in page.replace("bg-[url(https://evil.example/x.png)]", "")
    assert "/*" not in css


async def test_shadows_are_those_that_pictures_lighten() -> None:
    """Where Tailwind writes them in another way, pictures would take longer, and nothing else would tell."""
    css = await TailwindCompiler().compile(frozenset({"shadow", "shadow-sm", "shadow-md", "shadow-lg", "shadow-xl"}))
    lighter = lighten_shadows(css)

    assert css.count("#0000001a)") == 10
    assert "#0000001a)" not in lighter


async def test_same_classes_are_compiled_once() -> None:
    """Calls at the same time share one run, and later ones its result."""
    compiler = TailwindCompiler()
    classes = frozenset({"p-4", "m-2"})
    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(compiler.compile(classes)) for _ in range(40)]
    together_s = time.perf_counter() - start
    start = time.perf_counter()
    again = await compiler.compile(classes)
    cached_s = time.perf_counter() - start

    assert {task.result() for task in tasks} == {again}
    assert ".p-4{" in again
    assert together_s < 10 * 0.5
    assert cached_s < 0.05


async def test_oldest_result_gives_way() -> None:
    """The cache keeps as many results as it was told."""
    compiler = TailwindCompiler(cache_size=1)
    first = await compiler.compile(frozenset({"p-1"}))
    second = await compiler.compile(frozenset({"p-2"}))

    assert ".p-1{" in first
    assert ".p-2{" in second
    assert await compiler.compile(frozenset({"p-1"})) == first


async def test_hostile_names_do_no_harm() -> None:
    """Names with quotes, braces, newlines, directives or great length are ignored; the others are compiled."""
    hostile = {
        '"; } @import "https://evil.example";',
        "a\nb{color:red}",
        "p-[1px;}*{display:none]",
        "[@import_'x']:p-1",
        "../../etc/passwd",
        "*/",
        "\ud800",
        "\x00",
        "w-[" + "9" * 300 + "px]",
        "bg-opacity-50",
        "bg-nocolor-500",
        "bg-opacity-500",
    }
    css = await TailwindCompiler().compile(frozenset(hostile | {"p-3"}))

    assert ".p-3{" in css
    assert "evil" not in css
    assert "*{display:none" not in css
    assert "9" * 300 not in css


async def test_many_names_are_cut_to_a_bound() -> None:
    """Far more classes than a page has are compiled as far as the bound goes."""
    css = await TailwindCompiler().compile(frozenset(f"w-[{number:05}px]" for number in range(6_000)))

    assert r".w-\[04999px\]" in css
    assert r".w-\[05000px\]" not in css


async def test_slow_process_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that takes too long ends as an error, leaves no folder, and the compiler works on."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # others' folders come and go in the usual one
    compiler = TailwindCompiler(timeout_s=0.01)
    with pytest.raises(UnexpectedError, match=r"longer than 0\.01 s"):
        await compiler.compile(frozenset({"p-4"}))

    assert list_names(tmp_path) == []
    with pytest.raises(UnexpectedError):
        await compiler.compile(frozenset({"p-4"}))


async def test_cancelled_caller_leaves_the_others_served() -> None:
    """Cancelling the call that runs the process lets the next one run its own."""
    compiler = TailwindCompiler()
    classes = frozenset({"p-7"})
    async with asyncio.TaskGroup() as group:
        first = group.create_task(compiler.compile(classes))
        second = group.create_task(compiler.compile(classes))
        await asyncio.sleep(0.02)
        first.cancel()

    assert first.cancelled()
    assert ".p-7{" in second.result()


async def test_warm_process_gives_what_a_new_one_gives() -> None:
    """One process that builds the ten pages after each other writes for each what a process of its own writes."""
    pages = [list_classes(PAGE), *(list_classes(read_page(name)) for name in list_pages())]
    once = TailwindCompiler()
    async with WarmTailwinds() as tailwinds, asyncio.TaskGroup() as group:
        warm = TailwindCompiler(warm=tailwinds, processes=1)
        cold = [group.create_task(once.compile(classes)) for classes in pages]
        built = [await warm.compile(classes) for classes in pages]

    assert built == [task.result() for task in cold]
    assert len(pages) == 11


async def test_warm_process_is_used_again_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets one after the other are built in one folder, hostile names by its side; at the end it is gone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with WarmTailwinds() as tailwinds:
        compiler = TailwindCompiler(warm=tailwinds)
        first = await compiler.compile(frozenset({"p-1", "[&_#styles]:[--build:2]"}))
        folders = list_names(tmp_path)
        second = await compiler.compile(frozenset({"p-2", 'a"; } @import "x"'}))

        assert list_names(tmp_path) == folders
    assert len(folders) == 1
    assert ".p-1{" in first
    assert "--build:2}" in first
    assert ".p-2{" in second
    assert ".p-1{" not in second
    assert folders[0] not in first + second
    assert list_names(tmp_path) == []


async def test_idle_process_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some time after its last build a process is ended, and the next set has a new one."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with WarmTailwinds(idle_s=0.01) as tailwinds:
        compiler = TailwindCompiler(warm=tailwinds)
        await compiler.compile(frozenset({"p-1"}))
        async with asyncio.timeout(20):
            while list_names(tmp_path):  # noqa: ASYNC110 - a folder tells nobody
                await asyncio.sleep(0.01)

        assert ".p-2{" in await compiler.compile(frozenset({"p-2"}))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_failing_warm_process_costs_no_page(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a process that was kept is killed or hangs, the page gets its styles from another one."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with WarmTailwinds() as tailwinds:
        compiler = TailwindCompiler(warm=tailwinds, patience_s=1)
        await compiler.compile(frozenset({"p-1"}))
        for pid in find_tailwinds(tmp_path):
            os.kill(pid, number)
        css = await compiler.compile(frozenset({"p-2"}))

    assert ".p-2{" in css
    assert list_names(tmp_path) == []


async def test_killed_bot_leaves_no_tailwind(tmp_path: Path) -> None:
    """When the process that has started it is killed, a kept Tailwind ends, and removes its folder."""
    bot = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _DOOMED), env={"PYTHONPATH": str(_ROOT), "TMPDIR": str(tmp_path)}, stdout=PIPE
    )
    assert bot.stdout is not None
    assert await bot.stdout.readline() == b"built\n"
    pids = find_tailwinds(tmp_path)
    bot.kill()
    await bot.wait()
    async with asyncio.timeout(20):
        while list_names(tmp_path):  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(0.01)

    assert len(pids) == 1
    assert find_tailwinds(tmp_path) == []


async def test_missing_folder_is_an_error_of_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no temporary folder can be made, the caller learns it as an error that it can handle."""
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    with pytest.raises(UnexpectedError, match="can't be started: FileNotFoundError"):
        await TailwindCompiler().compile(frozenset({"p-1"}))


def find_tailwinds(folder: Path) -> list[int]:
    """Return the processes of Tailwind that run in that folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_ours = str(process.joinpath("cwd").readlink()).startswith(str(folder))
            if is_ours and process.joinpath("comm").read_text().startswith("_tailwindcss"):
                found.append(int(process.name))
    return found


def list_names(folder: Path) -> list[str]:
    """List what is in a folder."""
    return [path.name for path in folder.iterdir()]
