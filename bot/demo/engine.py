"""Stands in for the language models behind the built-in CodeMie: rules, no model, honestly labelled.

Pure: the same text in the same conversation gives the same answer.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bot.demo.another import write_another
from bot.demo.codemie.records import ChatTurn, Turn
from bot.demo.flow_rules import write_flow
from bot.demo.page_writer import write_page
from bot.demo.refinement import refine_flow
from bot.demo.theme import recognise_look
from bot.demo.user_text import UserText, read_discussion, read_user_text, refers_to_discussion

__all__ = ["answer_turn", "refine_flow", "write_answer", "write_flow", "write_page"]


def answer_turn(turn: ChatTurn) -> str:
    """Answer a turn of a conversation."""
    return write_answer(turn.text, turn.history)


def write_answer(text: str, history: Sequence[Turn] = ()) -> str:
    """Answer as an assistant would: with a page's HTML or with a flow's JSON, as ``text`` says at its end.

    ``text`` is the bot's user text: ``<request>`` or ``<change>``, and maybe ``<flow>``, ``<page>`` or
    ``<discussion>``. Text without blocks is a request. A change is made to the flow that came along, else to the last
    one of ``history``; a request with a flow gets another take. Never fails: what can't be read counts as not there.
    """
    said = read_user_text(text)
    if said.wants_page:
        return _answer_page(said, history)
    return json.dumps(_answer_flow(said, history), ensure_ascii=False, indent=2)


def _answer_flow(said: UserText, history: Sequence[Turn]) -> dict[str, Any]:
    previous = _read_flow(said.blocks.get("flow", ""))
    if said.is_change:
        previous = previous or next((flow for flow in map(_read_flow, _list_answers(history)) if flow), None)
        return refine_flow(previous, said.wish) if previous else write_flow(said.wish)
    if previous:
        return write_another(previous, said.wish)
    discussion = said.blocks.get("discussion", "").strip()
    if discussion and refers_to_discussion(said.wish):
        return refine_flow(write_flow(read_discussion(discussion)), said.wish)
    return write_flow(said.wish)


def _answer_page(said: UserText, history: Sequence[Turn]) -> str:
    flow = _read_flow(said.blocks.get("flow", "")) or write_flow(said.wish)
    if not said.is_change:
        return write_page(flow, said.wish)
    pages = [said.blocks.get("page", ""), *_list_answers(history)]
    look = next((found for found in map(recognise_look, pages) if found), {})
    return write_page(flow, said.wish, look)


def _list_answers(history: Sequence[Turn]) -> Iterator[str]:
    """List what was answered, the latest first."""
    return (turn.message for turn in reversed(history) if turn.role == "Assistant")


def _read_flow(text: str) -> dict[str, Any] | None:
    """Read a flow's JSON, fenced or not; None when there is none to work with."""
    start, end = text.find("{"), text.rfind("}")
    try:
        flow = json.loads(text[start : end + 1])
    except ValueError:
        return None
    steps = flow.get("steps") if isinstance(flow, dict) else None
    return flow if isinstance(steps, list) and any(isinstance(step, dict) for step in steps) else None
