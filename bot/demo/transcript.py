"""A thread in plain text, as a person would read it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import unescape
from typing import Any

from bot.demo.workspace.records import Message

Block = Mapping[str, Any]
_INDENT = "    "


def write_message(message: Message, *, author: str, file_names: Sequence[str] = ()) -> str:
    """Write a message: who, then what stands in its blocks, or its text where it has none."""
    body = "\n".join(_write_blocks(message.blocks)) if message.blocks else unescape(message.text)
    files = [f"📎 {name}" for name in file_names]
    lines = [line for part in (body, *files) for line in part.split("\n")]
    return "\n".join([author, *(f"{_INDENT}{line}".rstrip() for line in lines)])


def _write_blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block["type"]:
            case "header":
                yield f"# {block['text']['text']}"
            case "section":
                yield str(block["text"]["text"])
            case "context":
                yield " · ".join(str(element["text"]) for element in block["elements"])
            case "actions":
                yield " ".join(f"[ {element['text']['text']} ]" for element in block["elements"])
            case "context_actions":
                yield " ".join(_write_feedback(block["elements"]))
            case "image":
                yield f"🖼 {block['alt_text']}"
            case "rich_text":
                yield "\n".join(map(_write_rich, block["elements"]))
            case other:
                yield f"({other})"


def _write_feedback(elements: Iterable[Block]) -> Iterator[str]:
    for element in elements:
        for name in ("positive_button", "negative_button"):
            if name in element:
                yield f"[ {element[name]['text']['text']} ]"


def _write_rich(element: Block) -> str:
    match element["type"]:
        case "rich_text_list":
            return "\n".join(f"  • {_write_rich(item)}" for item in element["elements"])
        case "rich_text_quote":
            return "\n".join(f"| {line}" for line in _write_inlines(element).split("\n"))
        case _:
            return _write_inlines(element)


def _write_inlines(element: Block) -> str:
    return "".join(
        f"@{inline['user_id']}" if inline["type"] == "user" else str(inline.get("text", ""))
        for inline in element["elements"]
    )
