"""What the workspace refuses of a message or a view: what is over a limit, and pictures that it does not have."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.core.limits import check_message, check_view
from bot.demo.workspace.args import ApiError
from bot.demo.workspace.records import Json
from bot.demo.workspace.state import State
from bot.demo.workspace.world import BOT_USER


def refuse_content(
    state: State, *, text: str, blocks: list[Any], metadata: Json | None = None, is_update: bool = False
) -> None:
    """Refuse what Slack would of a message, in its words, with the places of all that is wrong."""
    found = check_message(text=text, blocks=blocks, metadata=metadata, is_update=is_update, is_text_required=False)
    if found:
        _refuse(found[0].error, map(str, found))
    if missing := _find_missing_pictures(state, blocks):
        _refuse("invalid_blocks", missing)


def refuse_view(state: State, body: Json) -> None:
    """Refuse a view that Slack would, with the places of all that is wrong."""
    if found := check_view(body):
        _refuse("invalid_arguments", map(str, found))
    if missing := _find_missing_pictures(state, body["blocks"], at="/view/blocks"):
        _refuse("invalid_arguments", missing)


def _refuse(error: str, problems: Iterable[str]) -> None:
    listed = list(problems)
    messages = [f"[ERROR] {problem}" for problem in listed]
    raise ApiError(error, errors=listed, response_metadata={"messages": messages})


def _find_missing_pictures(state: State, blocks: list[Any], *, at: str = "/blocks") -> list[str]:
    """Find the pictures that can't be shown: a file must be the app's own, a completed image, and processed.

    https://github.com/slackapi/python-slack-sdk/issues/1658
    """
    return [
        f"invalid slack file [json-pointer:{path}/slack_file]"
        for path, picture in _list_pictures(blocks, at)
        if not _is_shown(state, picture)
    ]


def _list_pictures(node: object, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _list_pictures(item, f"{path}/{index}")
    elif isinstance(node, dict):
        if node.get("type") == "image" and isinstance(node.get("slack_file"), dict):
            yield path, node["slack_file"]
        for key in ("elements", "accessory"):
            yield from _list_pictures(node.get(key), f"{path}/{key}")


def _is_shown(state: State, picture: Mapping[str, Any]) -> bool:
    name = str(picture.get("id") or str(picture.get("url")).rpartition("/")[2])
    file = state.files.get(name)
    return bool(
        file and file.user == BOT_USER and file.is_complete and file.is_image and state.clock() >= file.ready_at
    )
