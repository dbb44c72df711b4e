"""Stands in for the language models behind the built-in CodeMie: rules, no model, honestly labelled.

Pure: the same text gives the same answer.
"""

import json
import re
from typing import Any

from bot.demo.flow_rules import write_flow
from bot.demo.page_writer import write_page
from bot.demo.refinement import refine_flow

__all__ = ["refine_flow", "write_answer", "write_flow", "write_page"]


def write_answer(text: str) -> str:
    """Answer as an assistant would: the page's HTML when ``text`` carries a flow, else the flow's JSON.

    ``text`` is the bot's user text: ``<request>``, and maybe ``<flow>`` or ``<previous_flow>``. Text without
    tags is a request. Never fails: what can't be read is answered as if it were not there.
    """
    request, around = _take_block(text, "request")
    prompt = text.strip() if request is None else request.strip()
    flow_text, _ = _take_block(around, "flow")
    if flow_text is not None:
        return write_page(_read_flow(flow_text) or write_flow(prompt), prompt)
    previous = _read_flow(_take_block(around, "previous_flow")[0] or "")
    flow = refine_flow(previous, prompt) if previous else write_flow(prompt)
    return json.dumps(flow, ensure_ascii=False, indent=2)


def _take_block(text: str, tag: str) -> tuple[str | None, str]:
    """Take what stands between the first ``<tag>`` and the last ``</tag>``; give it and the text around."""
    found = re.search(rf"<{tag}>(.*)</{tag}>", text, re.DOTALL)
    if found is None:
        return None, text
    return found.group(1), f"{text[: found.start()]}\n{text[found.end() :]}"


def _read_flow(text: str) -> dict[str, Any] | None:
    """Read a flow's JSON, fenced or not; None when there is none to work with."""
    start, end = text.find("{"), text.rfind("}")
    try:
        flow = json.loads(text[start : end + 1])
    except ValueError:
        return None
    steps = flow.get("steps") if isinstance(flow, dict) else None
    return flow if isinstance(steps, list) and any(isinstance(step, dict) for step in steps) else None
