"""Slack's limits in the built-in workspace, each from both sides: what just meets one passes, one more is refused.

The bounds are written out here, as Slack's pages tell them, and not taken from the code that holds them:

* https://docs.slack.dev/reference/block-kit
* https://docs.slack.dev/reference/methods/chat.postMessage
* https://docs.slack.dev/reference/views/modal-views
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from workspace_apps import Json, get_error, make_client, open_workspace

from bot.demo.workspace import User, Workspace

Maker = Callable[[int], Json]
NOW = 1_700_000_000.0


OPTION: Json = {"text": {"type": "plain_text", "text": "x"}, "value": "v"}


def plain(size: int) -> Json:
    """Make a plain text of a size."""
    return {"type": "plain_text", "text": "x" * size}


def mrkdwn(size: int) -> Json:
    """Make a mrkdwn text of a size."""
    return {"type": "mrkdwn", "text": "x" * size}


def button(**more: object) -> Json:
    """Make a button, but for ``more``."""
    return {"type": "button", "text": plain(2), **more}


def actions(*elements: Json) -> Json:
    """Make an actions block."""
    return {"type": "actions", "elements": list(elements)}


def menu(kind: str, count: int, **more: object) -> Json:
    """Make an actions block of one menu with so many options, each with ``more``."""
    options = [{"text": plain(5), "value": f"v{number}", **more} for number in range(count)]
    return actions({"type": kind, "action_id": "menu", "options": options})


def confirm(**more: object) -> Json:
    """Make a button that asks first."""
    dialog = {"title": plain(2), "text": plain(2), "confirm": plain(2), "deny": plain(2), **more}
    return actions(button(confirm=dialog))


def ask(**more: object) -> Json:
    """Make an input, but for ``more``."""
    return {"type": "input", "label": plain(2), "element": {"type": "plain_text_input"}, **more}


def thumbs(**more: object) -> Json:
    """Make a pair of feedback buttons, the first one of which has ``more``."""
    up, down = {"text": plain(2), "value": "up", **more}, {"text": plain(2), "value": "down"}
    pair = {"type": "feedback_buttons", "positive_button": up, "negative_button": down}
    return {"type": "context_actions", "elements": [pair]}


def image(**more: object) -> Json:
    """Make an image block, but for ``more``."""
    return {"type": "image", "image_url": "https://x.y/z.png", "alt_text": "z", **more}


def trash(count: int) -> Json:
    """Make so many icon buttons."""
    icon = {"type": "icon_button", "icon": "trash", "text": plain(2)}
    return {"type": "context_actions", "elements": [icon] * count}


BLOCKS: dict[str, tuple[int, Maker]] = {
    "section text": (3000, lambda size: {"type": "section", "text": mrkdwn(size)}),
    "section fields": (10, lambda size: {"type": "section", "fields": [mrkdwn(3)] * size}),
    "section field": (2000, lambda size: {"type": "section", "fields": [plain(size)]}),
    "header": (150, lambda size: {"type": "header", "text": plain(size)}),
    "context elements": (10, lambda size: {"type": "context", "elements": [plain(2)] * size}),
    "actions elements": (25, lambda size: actions(*(button(action_id=f"a{number}") for number in range(size)))),
    "context actions": (5, trash),
    "image alt text": (2000, lambda size: image(alt_text="x" * size)),
    "image title": (2000, lambda size: image(title=plain(size))),
    "image url": (3000, lambda size: image(image_url="https://x.y/".ljust(size, "z"))),
    "markdown": (12_000, lambda size: {"type": "markdown", "text": "x" * size}),
    "block id": (255, lambda size: {"type": "divider", "block_id": "b" * size}),
    "input label": (2000, lambda size: ask(label=plain(size))),
    "input hint": (2000, lambda size: ask(hint=plain(size))),
    "button text": (75, lambda size: actions(button(text=plain(size)))),
    "button value": (2000, lambda size: actions(button(value="v" * size))),
    "button url": (3000, lambda size: actions(button(url="https://x.y/".ljust(size, "z")))),
    "button label": (75, lambda size: actions(button(accessibility_label="x" * size))),
    "action id": (255, lambda size: actions(button(action_id="a" * size))),
    "confirm title": (100, lambda size: confirm(title=plain(size))),
    "confirm text": (300, lambda size: confirm(text=plain(size))),
    "confirm button": (30, lambda size: confirm(confirm=plain(size))),
    "deny button": (30, lambda size: confirm(deny=plain(size))),
    "select options": (100, lambda size: menu("static_select", size)),
    "radio options": (10, lambda size: menu("radio_buttons", size)),
    "checkboxes": (10, lambda size: menu("checkboxes", size)),
    "overflow options": (5, lambda size: menu("overflow", size)),
    "option text": (75, lambda size: menu("static_select", 1, text=plain(size))),
    "option description": (75, lambda size: menu("radio_buttons", 1, description=plain(size))),
    "option value": (150, lambda size: menu("static_select", 1, value="v" * size)),
    "placeholder": (150, lambda size: actions({"type": "users_select", "placeholder": plain(size)})),
    "option groups": (
        100,
        lambda size: actions(
            {"type": "static_select", "option_groups": [{"label": plain(2), "options": [OPTION]}] * size}
        ),
    ),
    "option group label": (
        75,
        lambda size: actions({"type": "static_select", "option_groups": [{"label": plain(size), "options": [OPTION]}]}),
    ),
    "feedback text": (75, lambda size: thumbs(text=plain(size))),
    "feedback value": (2000, lambda size: thumbs(value="v" * size)),
    "initial text": (3000, lambda size: ask(element={"type": "plain_text_input", "initial_value": "x" * size})),
    "longest answer": (3000, lambda size: ask(element={"type": "plain_text_input", "max_length": size})),
}
VIEWS: dict[str, tuple[int, Maker]] = {
    "blocks": (100, lambda size: {"blocks": [{"type": "divider"}] * size}),
    "title": (24, lambda size: {"title": plain(size)}),
    "submit": (24, lambda size: {"submit": plain(size)}),
    "close": (24, lambda size: {"close": plain(size)}),
    "private metadata": (3000, lambda size: {"private_metadata": "x" * size}),
    "callback id": (255, lambda size: {"callback_id": "x" * size}),
    "external id": (255, lambda size: {"external_id": "x" * size}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A workspace whose clock stands still until it is moved, and the SDK's client."""

    workspace: Workspace
    client: AsyncWebClient
    now: list[float]

    async def open_view(self, **more: object) -> object:
        """Open a modal, but for ``more``."""
        command = await self.workspace.send_command(user="U1", channel="C1", text="")
        view = {"type": "modal", "title": plain(3), "blocks": [{"type": "divider"}], **more}
        return await self.client.views_open(trigger_id=command.payload["trigger_id"], view=view)


@pytest.fixture(scope="module")
async def stage() -> AsyncIterator[Stage]:
    """Run one workspace for all."""
    now = [NOW]
    async with open_workspace(clock=lambda: now[0]) as workspace:
        yield Stage(workspace=workspace, client=make_client(workspace), now=now)


@pytest.mark.parametrize("name", BLOCKS)
async def test_blocks_have_bounds(stage: Stage, name: str) -> None:
    """A block at its bound is posted; over it the message is refused as a whole."""
    bound, make = BLOCKS[name]

    posted = await stage.client.chat_postMessage(channel="C1", text="x", blocks=[make(bound)])

    assert posted["ok"] is True
    over = stage.client.chat_postMessage(channel="C1", text="x", blocks=[make(bound + 1)])
    assert await get_error(over) in {"invalid_blocks", "msg_too_long"}


@pytest.mark.parametrize("name", VIEWS)
async def test_views_have_bounds(stage: Stage, name: str) -> None:
    """A modal at its bound opens; over it Slack calls the arguments invalid."""
    bound, make = VIEWS[name]

    await stage.open_view(**make(bound))

    assert await get_error(stage.open_view(**make(bound + 1))) == "invalid_arguments"


async def test_messages_have_bounds(stage: Stage) -> None:
    """Blocks are counted, and their texts together; a text too long is cut in a post, and refused in an edit."""
    client = stage.client
    sections = [{"type": "section", "text": plain(3000)}] * 4
    posted = await client.chat_postMessage(channel="C1", text="ї" * 40_001)
    await client.chat_postMessage(channel="C1", text="x", blocks=[{"type": "divider"}] * 50)
    await client.chat_postMessage(channel="C1", text="x", blocks=[*sections, {"type": "section", "text": plain(1200)}])
    await client.chat_update(channel="C1", ts=posted["ts"], text="ї" * 2000)

    assert posted["message"]["text"] == "ї" * 40_000
    many = client.chat_postMessage(channel="C1", text="x", blocks=[{"type": "divider"}] * 51)
    long = client.chat_postMessage(channel="C1", text="x", blocks=[*sections, {"type": "section", "text": plain(1201)}])
    edit = client.chat_update(channel="C1", ts=posted["ts"], text="ї" * 2000 + "x")
    assert [await get_error(call) for call in (many, long, edit)] == [
        "invalid_blocks",
        "msg_blocks_too_long",
        "msg_too_long",
    ]


async def test_agents_have_bounds(stage: Stage) -> None:
    """Loading messages, prompts and a session's title."""
    client = stage.client
    said = await stage.workspace.say(user="U1", channel="D1", text="x")
    thread = {"channel_id": "D1", "thread_ts": said.ts}
    prompt = {"title": "A", "message": "B"}

    def show(count: int) -> Awaitable[object]:
        return client.assistant_threads_setStatus(**thread, status="x", loading_messages=["x"] * count)

    def suggest(count: int) -> Awaitable[object]:
        return client.assistant_threads_setSuggestedPrompts(**thread, prompts=[prompt] * count)

    def name(size: int) -> Awaitable[object]:
        return client.agents_sessions_setStatus(**thread, status="active", title="x" * size)

    for call in (show(10), suggest(4), name(200)):
        await call

    errors = [await get_error(call) for call in (show(11), suggest(5), name(201))]
    assert errors == ["invalid_arguments"] * 3


async def test_a_view_is_one_of_its_kind_and_of_a_size(stage: Stage) -> None:
    """An open view's ``external_id`` can't be had again; a view of more than 250 kB is too large."""
    await stage.open_view(external_id="mine")
    again = await get_error(stage.open_view(external_id="mine"))
    heavy = [{"type": "section", "text": plain(3000)}] * 100

    assert again == "duplicate_external_id"
    assert await get_error(stage.open_view(blocks=heavy)) == "view_too_large"


async def test_an_alert_is_for_modals(stage: Stage) -> None:
    """Neither a Home tab nor a message takes one."""
    alert = {"type": "alert", "text": plain(3)}
    home = stage.client.views_publish(user_id="U1", view={"type": "home", "blocks": [alert]})

    await stage.open_view(blocks=[alert])

    assert await get_error(home) == "invalid_arguments"
    assert await get_error(stage.client.chat_postMessage(channel="C1", text="x", blocks=[alert])) == "invalid_blocks"


async def test_an_archived_channel_is_left_as_it_is(stage: Stage) -> None:
    """Nothing there can be edited or reacted to, in two different words."""
    state, client = stage.workspace.state, stage.client
    posted = await client.chat_postMessage(channel="C1", text="x")
    living = state.channels["C1"]
    state.set_channel(replace(living, is_archived=True))

    edited = await get_error(client.chat_update(channel="C1", ts=posted["ts"], text="y"))
    reacted = await get_error(client.reactions_add(channel="C1", timestamp=posted["ts"], name="eyes"))
    state.set_channel(living)

    assert (edited, reacted) == ("is_inactive", "is_archived")


async def test_a_person_without_a_dm_is_given_one(stage: Stage) -> None:
    """A post to a person opens the DM; an edit needs the DM's own id."""
    stage.workspace.state.users["U9"] = User(id="U9", name="ann", real_name="Ann")

    posted = await stage.client.chat_postMessage(channel="U9", text="x")
    again = await stage.client.chat_postMessage(channel="U9", text="x")

    assert posted["channel"].startswith("D")
    assert again["channel"] == posted["channel"]
    edit = stage.client.chat_update(channel="U9", ts=posted["ts"], text="y")
    assert await get_error(edit) == "channel_not_found"


async def test_a_reply_can_be_told_to_the_channel_too(stage: Stage) -> None:
    """``reply_broadcast`` makes it a ``thread_broadcast``, and does nothing outside a thread."""
    client = stage.client
    root = await client.chat_postMessage(channel="D1", text="root", reply_broadcast=True)
    reply = await client.chat_postMessage(channel="D1", text="reply", thread_ts=root["ts"], reply_broadcast=True)
    history = await client.conversations_history(channel="D1", limit=1)

    assert "subtype" not in root["message"]
    assert reply["message"]["subtype"] == "thread_broadcast"
    assert [message["ts"] for message in history["messages"]] == [reply["ts"]]


async def test_methods_have_a_rate_a_minute(stage: Stage) -> None:
    """An edit too many within a minute is refused for a second or so, and other methods are not."""
    client = stage.client
    posted = await client.chat_postMessage(channel="C1", text="x")
    stage.workspace.method_rate.is_on = True
    for number in range(50):
        await client.chat_update(channel="C1", ts=posted["ts"], text=str(number))

    with pytest.raises(SlackApiError) as caught:
        await client.chat_update(channel="C1", ts=posted["ts"], text="too many")
    await client.chat_postEphemeral(channel="C1", user="U1", text="another method")
    stage.now[0] += 1.2
    await client.chat_update(channel="C1", ts=posted["ts"], text="later")
    stage.workspace.method_rate.is_on = False

    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "2")


async def test_only_posts_have_a_rate_a_second(stage: Stage) -> None:
    """What is whispered, edited or shared as a file does not count; another channel has a rate of its own."""
    client = stage.client
    stage.workspace.post_rate.per_s, stage.workspace.post_rate.burst = 1.0, 1
    posted = await client.chat_postMessage(channel="C1", text="x")

    await client.chat_postMessage(channel="D1", text="x")
    await client.chat_postEphemeral(channel="C1", user="U1", text="x")
    await client.chat_update(channel="C1", ts=posted["ts"], text="y")
    await client.files_upload_v2(channel="C1", content="x", filename="x.txt")
    refused = await get_error(client.chat_postMessage(channel="C1", text="x"))
    stage.now[0] += 1
    await client.chat_postMessage(channel="C1", text="x")
    stage.workspace.post_rate.per_s, stage.workspace.post_rate.burst = None, 3

    assert refused == "ratelimited"
