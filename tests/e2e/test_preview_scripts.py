"""A page that came with scripts, from CodeMie's answer to the live preview of a running bot."""

import json
import re

import aiohttp
import pytest
from stage import Stage, StageOpener

from bot.core.artifacts import read_page
from bot.demo.codemie import ChatTurn, Fault
from bot.demo.engine import answer_turn

_PUBLIC_URL = "http://previews.example"
_SCRIPT = "<script>document.title = 'scripted'</script>"
_PROMPT = "Registration for a parking permit: name, car plate, e-mail"
_IN_FRAME = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}


def _write_scripts(turn: ChatTurn, _: int) -> Fault | None:
    """Answer for the page as the built-in CodeMie does, with a script and a handler in it."""
    if "<flow>" not in turn.text:
        return None
    page = read_page(answer_turn(turn))
    return Fault.say(page.replace("</body>", f'<p onclick="go()">Go</p>{_SCRIPT}</body>'))


async def _get(url: str, **headers: str) -> str:
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        assert answer.status == 200, url

        return await answer.text()


async def _open_preview(stage: Stage, ts: str) -> tuple[str, str]:
    """Follow the link of a result; return the page in its frame and the file behind its frame's link."""

    def find_links() -> list[str]:
        blocks = json.dumps([message.blocks for message in stage.list_thread("C1", ts)])
        return re.findall(rf"{_PUBLIC_URL}(/p/[\w-]{{43}})", blocks)

    link = stage.url + (await stage.workspace.wait_for(find_links, 20))[0]
    frame = await _get(link)
    (page_url,) = re.findall(r'<iframe[^>]* src="([^"]+)"', frame)
    return await _get(f"{stage.url}/p/{page_url}", **_IN_FRAME), await _get(f"{link}/prototype.html")


@pytest.mark.parametrize("scripts", ["model", "none"])
async def test_scripts_of_a_page_are_in_its_preview_where_they_may_run(open_stage: StageOpener, scripts: str) -> None:
    """They are kept and served only under ``PREVIEW_SCRIPTS=model``; the files never have them."""
    async with open_stage(PUBLIC_URL=_PUBLIC_URL, PREVIEW_ACCESS="link", PREVIEW_SCRIPTS=scripts) as stage:
        stage.fault_for = _write_scripts
        anchor = await stage.command(_PROMPT)
        files = (await stage.wait_for_files("C1", anchor.ts))[-1]
        page, download = await _open_preview(stage, anchor.ts)
        shared = stage.read_file(files, "prototype.html")

    assert (_SCRIPT in page) == (scripts == "model")
    assert ('onclick="go()"' in page) == (scripts == "model")
    assert re.search(r"<style data-compiled[^>]*>[^<]*padding", page)
    assert download == shared
    assert not re.search(r"<script|onclick", shared)
