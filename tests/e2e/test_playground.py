"""The playground without its page: what it tells, what can be done, who is refused."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from playing import Follower, Json, following

from bot.core.controls import CANCEL_ACTION, RETRY_ACTION
from bot.demo.codemie import BuiltInCodemie
from bot.demo.engine import answer_turn
from bot.demo.playground.service import Options, Playground, open_playground

_PROMPT = "Registration for a parking permit: name, car plate, e-mail"


@pytest.fixture(scope="module", params=[False, True], ids=["http", "socket"])
async def playground(request: pytest.FixtureRequest) -> AsyncIterator[Playground]:
    """Open a playground that answers fast."""
    options = Options(port=0, is_socket_mode=request.param, is_browser_wanted=False, chars_per_s=50_000, delay_s=0)
    async with open_playground(options) as opened:
        yield opened


@pytest.fixture(scope="module")
async def page(playground: Playground) -> AsyncIterator[Follower]:
    """Follow it as Olena sees it."""
    async with following(playground.url) as follower:
        yield follower


def _find_click(page: Follower, channel: str, action_id: str) -> tuple[str, Json] | None:
    """Find the last message of a channel that has an element of this action_id, and what a click on it says."""
    for message in reversed(page.list_messages(channel)):
        for block in message.get("blocks", []):
            for element in [*block.get("elements", []), block.get("accessory") or {}]:
                if element.get("action_id") == action_id:
                    return message["ts"], {
                        "action_id": action_id,
                        "block_id": block["block_id"],
                        "value": element.get("value"),
                    }
    return None


async def test_a_person_is_shown_what_they_are_in(page: Follower) -> None:
    """Everybody's channels, but nobody else's direct messages."""
    channels = page.world["channels"]

    assert {"C1", "G1", "D1", "D3"} <= set(channels)
    assert "D2" not in channels
    assert channels["D3"]["name"] == "Max"
    assert not channels["C2"]["has_bot"]
    assert page.world["codemie"]["kind"] == "demo"


async def test_a_command_is_followed_to_its_files(page: Follower) -> None:
    """The anchor, the flow, the files come one by one; contents are sent as attachments that run nothing."""
    await page.act("command", channel="C1", command="/generate", text=_PROMPT)
    await page.wait_for(lambda: page.count_results("C1") == 1 and len(page.list_files("C1")) == 3)
    files = page.list_files("C1")
    async with page.session.get(page.url + files["prototype.html"]) as response:
        html = await response.text()

    assert set(files) == {"prototype.html", "prototype.png", "flow.json"}
    assert "car plate" in html.lower()
    assert response.headers["Content-Disposition"] == "attachment"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert {entry["to"] for entry in page.traffic.values()} >= {"slack", "bot", "codemie", "log"}
    await page.wait_for(lambda: '"took_s": null' not in json.dumps(list(page.traffic.values())))


async def test_what_is_said_comes_back_by_its_id(page: Follower) -> None:
    """So that a page knows which of its messages has arrived."""
    await page.act("say", channel="D1", text="hi", client_msg_id="mine-1")
    mine = await page.wait_for(
        lambda: [message for message in page.list_messages("D1") if message.get("client_msg_id") == "mine-1"]
    )
    await page.act("edit", channel="D1", ts=mine[0]["ts"], text="hello")
    await page.wait_for(lambda: page.world["messages"]["D1"][mine[0]["ts"]].get("edited"))
    await page.act("react", channel="D1", ts=mine[0]["ts"], name="eyes", is_on=True)
    await page.wait_for(lambda: page.world["messages"]["D1"][mine[0]["ts"]].get("reactions"))
    await page.act("delete", channel="D1", ts=mine[0]["ts"])
    await page.wait_for(lambda: page.world["messages"]["D1"].get(mine[0]["ts"], {}).get("text") != "hello")

    assert page.world["messages"]["D1"].get(mine[0]["ts"], {}).get("subtype") in {None, "tombstone"}


async def test_a_modal_is_filled_in(page: Follower) -> None:
    """A command without words opens a form; what is too short is refused in it; Close takes it away."""
    await page.act("command", channel="C1", command="/generate", text="")
    view = (await page.wait_for(lambda: page.world["views"]))[-1]
    prompt = next(block for block in view["blocks"] if block["type"] == "input")
    await page.act("submit", view_id=view["id"], answers={prompt["element"]["action_id"]: "short"})
    errors = await page.wait_for(lambda: page.world["views"] and page.world["views"][-1]["errors"])
    await page.act("close", view_id=view["id"])
    await page.wait_for(lambda: not page.world["views"])

    assert list(errors) == [prompt["block_id"]]


async def test_home_is_opened_and_its_button_used(page: Follower) -> None:
    """What the bot publishes is shown, and can be clicked on."""
    await page.act("open_home", tab="home")
    home = await page.wait_for(lambda: page.world["home"])
    block, button = next(
        (block, element)
        for block in home["blocks"]
        for element in block.get("elements", [])
        if element.get("type") == "button"
    )
    await page.act("click_view", view_id=home["id"], action_id=button["action_id"], block_id=block["block_id"])
    view = (await page.wait_for(lambda: page.world["views"]))[-1]
    await page.act("close", view_id=view["id"])

    assert view["type"] == "modal"


async def test_a_locale_changes_the_language(page: Follower) -> None:
    """The page's words follow what the person has chosen in Slack."""
    await page.act("locale", locale="en-US")
    await page.wait_for(lambda: page.world["language"] == "en")
    await page.act("locale", locale="uk-UA")
    await page.wait_for(lambda: page.world["language"] == "uk")

    assert page.world["users"]["U1"]["locale"] == "uk-UA"


async def test_a_request_is_cancelled(playground: Playground, page: Follower) -> None:
    """By its button, while CodeMie answers slowly."""
    codemie = playground.worlds.codemie
    before = len(codemie.calls)
    await page.act("trouble", name="slow_codemie", is_on=True)
    await page.act("say", channel="D1", text="Booking a table: name, phone, date")
    await codemie.wait_for(lambda: len(codemie.calls) > before, 30)
    ts, click = await page.wait_for(lambda: _find_click(page, "D1", CANCEL_ACTION))
    await page.act("click", channel="D1", ts=ts, **click)
    await page.wait_for(lambda: _find_click(page, "D1", CANCEL_ACTION) is None)
    await codemie.wait_for(lambda: bool(codemie.closed_streams), 30)
    await page.act("trouble", name="slow_codemie", is_on=False)

    assert [closed.call for closed in codemie.closed_streams] == codemie.calls[before:]


async def test_a_failure_is_tried_again(page: Follower) -> None:
    """An answer that is no flow fails the request; without the trouble *Try again* ends well."""
    await page.act("trouble", name="no_flow", is_on=True)
    await page.act("say", channel="D1", text="Library feedback: rating, comment")
    ts, click = await page.wait_for(lambda: _find_click(page, "D1", RETRY_ACTION))
    await page.act("trouble", name="no_flow", is_on=False)
    before = len(page.list_files("D1"))
    await page.act("click", channel="D1", ts=ts, **click)
    await page.wait_for(lambda: len(page.list_files("D1")) > before)

    assert _find_click(page, "D1", RETRY_ACTION) is None


@pytest.mark.parametrize("name", ["lost_answer", "rate_limit"])
async def test_a_trouble_of_the_next_call_is_over_after_it(page: Follower, name: str) -> None:
    """The switch goes back by itself, and nothing is lost or doubled: a lost answer, then too many posts."""
    await page.act("trouble", name=name, is_on=True)
    before, results = len(page.list_messages("C1")), page.count_results("C1")
    await page.act("command", channel="C1", command="/generate", text=_PROMPT)
    await page.wait_for(lambda: page.count_results("C1") > results)
    await page.wait_for(lambda: {"name": name, "group": "slack", "is_on": False} in page.world["troubles"])

    assert len(page.list_messages("C1")) == before + 3


async def test_a_crash_loses_nothing(playground: Playground, page: Follower) -> None:
    """The process is killed while it works, another goes on, and the person sees one result."""
    await page.act("trouble", name="slow_codemie", is_on=True)
    before = len(page.list_messages("G1")), playground.process.pid
    await page.act("invite", channel="G1")
    await page.act("command", channel="G1", command="/generate", text=_PROMPT)
    await page.wait_for(lambda: _find_click(page, "G1", CANCEL_ACTION))
    await page.act("crash")
    await page.wait_for(lambda: page.world["process"]["state"] == "starting")
    await page.act("trouble", name="slow_codemie", is_on=False)
    await page.wait_for(lambda: page.is_ready() and len(page.list_files("G1")) == 3, 60)

    assert len(page.list_messages("G1")) == before[0] + 3
    assert playground.process.pid != before[1]


async def _crash(playground: Playground, page: Follower) -> None:
    """Kill the bot, and wait for another."""
    pid = playground.process.pid
    await page.act("crash")
    await page.wait_for(lambda: page.world["process"]["pid"] not in {None, pid})


async def test_a_crash_on_its_way_up_is_no_end(playground: Playground, page: Follower) -> None:
    """Whoever presses the button twice has a bot again, as with a supervisor."""
    await _crash(playground, page)
    await _crash(playground, page)
    await page.wait_for(page.is_ready)

    assert page.world["process"]["state"] == "ready"


async def test_switches_wait_for_one_another(page: Follower) -> None:
    """A CodeMie that is being stopped is not started in the meantime: what was asked last holds."""
    asked = [page.ask("trouble", name="codemie_down", is_on=is_on) for is_on in (True, False) * 4]
    answers = await asyncio.gather(*asked)

    assert answers == [(200, {})] * 8


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"act": "dance"}, 400, "unknown_act"),
        ({"act": "say", "channel": "C1"}, 400, "bad_request"),
        ({"act": "say", "channel": "C1", "text": "hi", "more": 1}, 400, "bad_request"),
        ({"act": "say", "channel": "C1", "text": "  "}, 409, "invalid"),
        ({"act": "say", "channel": "CARCH", "text": "hello?"}, 409, "invalid"),
        ({"act": "say", "channel": "D2", "text": "hi"}, 404, "gone"),
        ({"act": "say", "user": "nobody", "channel": "C1", "text": "hi"}, 404, "gone"),
        ({"act": "say", "user": "UBOT", "channel": "C1", "text": "hi"}, 404, "gone"),
        ({"act": "remove", "channel": "D1"}, 409, "invalid"),
        ({"act": "invite", "channel": "D3"}, 409, "invalid"),
        ({"act": "click", "channel": "C1", "ts": "1.1", "action_id": "x"}, 404, "gone"),
        ({"act": "submit", "view_id": "V1"}, 404, "gone"),
        ({"act": "codemie", "kind": "real"}, 404, "gone"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_a_word(page: Follower, body: Json, status: int, word: str) -> None:
    """The page says the rest in the person's language."""
    answer = await page.ask(**body)

    assert answer == (status, {"error": word})


@pytest.mark.parametrize(
    "body", [b"", b"null", b"\xff", b"[" * 100_000, b'{"act": "say", "user": "U1", "channel": "D1", "text": "\\ud800"}']
)
async def test_what_is_no_act_is_a_bad_request(page: Follower, body: bytes) -> None:
    """Nothing at all, no object, no UTF-8, deeper than can be read, half a character."""
    async with page.session.post(f"{page.url}/act", data=body, headers={"Content-Type": "application/json"}) as answer:
        word = (answer.status, await answer.json())

    assert word == (400, {"error": "bad_request"})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example:3000"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ],
    ids=str,
)
async def test_only_its_own_page_may_speak_with_it(page: Follower, headers: dict[str, str], status: int) -> None:
    """Not a page of another origin, not a browser that was led here under another name."""
    body = json.dumps({"act": "say", "user": "U1", "channel": "C1", "text": "from elsewhere"})
    sent = {"Content-Type": "application/json", **headers}
    async with page.session.post(f"{page.url}/act", data=body, headers=sent) as response:
        answered = response.status

    assert answered == status
    assert "from elsewhere" not in json.dumps(page.list_messages("C1"))


async def test_every_answer_keeps_the_page_to_itself(page: Follower) -> None:
    """Nothing from elsewhere is loaded, nobody frames it."""
    async with page.session.get(page.url) as response:
        policy = response.headers["Content-Security-Policy"]

    assert response.status == 200
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_real_codemie_takes_over(monkeypatch: pytest.MonkeyPatch, no_settings: None) -> None:  # noqa: ARG001
    """Where it is configured the page switches to it, and what was made before can be refined there."""
    async with BuiltInCodemie(answer=answer_turn, client_id="real", client_secret="planted-secret") as real:
        for name, value in {
            "CODEMIE_API_URL": real.api_url,
            "CODEMIE_AUTH_URL": real.auth_url,
            "CODEMIE_CLIENT_ID": "real",
            "CODEMIE_CLIENT_SECRET": "planted-secret",
            "CODEMIE_ASSISTANT_ID": "carrier",
        }.items():
            monkeypatch.setenv(name, value)
        options = Options(port=0, is_browser_wanted=False, chars_per_s=50_000, delay_s=0)
        async with open_playground(options) as opened, following(opened.url) as page:
            await page.act("say", channel="D1", text=_PROMPT)
            await page.wait_for(lambda: len(page.list_files("D1")) == 3)
            root = page.list_messages("D1")[0]["ts"]
            assert page.world["codemie"] == {"kind": "demo", "can_be_real": True}

            await asyncio.gather(*(page.act("codemie", kind=kind) for kind in ("real", "demo", "real")))
            await page.wait_for(lambda: page.is_ready() and page.world["codemie"]["kind"] == "real")
            await page.act("say", channel="D1", text="add a field for phone", thread_ts=root)
            await page.wait_for(lambda: page.count_results("D1") == 2)

        assert len(real.calls) == 2
        assert len(opened.worlds.codemie.calls) == 2


async def test_many_pages_are_told_at_once(playground: Playground, page: Follower) -> None:
    """Two people see the same channel, and each their own."""
    async with following(playground.url, "U2") as other:
        await other.act("say", channel="C2", text="anybody here?")
        await page.wait_for(lambda: "anybody here?" in json.dumps(page.list_messages("C2")))
        await other.wait_for(lambda: "anybody here?" in json.dumps(other.list_messages("C2")))

        assert "D2" in other.world["channels"]
        assert "D1" not in other.world["channels"]
        assert "D1" not in other.world["prompts"]


@pytest.mark.parametrize("user", ["nobody", "UBOT"])
async def test_nobody_unknown_is_shown_anything(page: Follower, user: str) -> None:
    """A name that nobody in the workspace has, or the bot."""
    async with page.session.get(f"{page.url}/live", params={"user": user}) as response:
        status = response.status

    assert status == 404


async def test_no_other_file_is_served(page: Follower) -> None:
    """The page's folder and the workspace's files, and nothing beside them."""
    statuses = []
    for path in ("/page/../once.py", "/page/%2e%2e/once.py", "/files/F0", "/page/", "/page/app/nothing.js"):
        async with aiohttp.ClientSession() as session, session.get(page.url + path) as response:
            statuses.append(response.status)

    assert statuses == [404, 404, 404, 403, 404]
