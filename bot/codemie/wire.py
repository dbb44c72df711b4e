"""CodeMie's wire format: values in, request bodies out; bytes in, answers or typed errors out. No I/O.

Observed on CodeMie 0.16.0 (https://github.com/codemie-ai/codemie). Two things differ from what one expects:
a stream of ``application/x-ndjson`` has no newlines, and most failures of a run answer 200.
"""

import json
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from bot.codemie.failures import MODEL_AUTHOR, decipher_error, explain_error_body, find_early_failure, find_failure
from bot.codemie.glued import JsonSplitter, Mould, TooLarge, decode_start, make_mould, read_object
from bot.errors import CodemieBadGateway, CodemieError, CodemieFailedAnswer, CodemieUnavailable

__all__ = ["MAX_ANSWER_BYTES", "AnswerReader", "Reading", "decipher_error", "write_chat"]

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024

_STREAM_KEYS: Final = frozenset({"last", "generated_chunk", "thought"})
_CHAT_KEYS: Final = _STREAM_KEYS | {"generated"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A whole answer; ``is_cut`` if the model hit its output limit, which CodeMie reports as success."""

    text: str
    is_cut: bool


def write_chat(
    *, text: str, conversation_id: uuid.UUID, system_prompt: str | None = None, model: str | None = None
) -> dict[str, Any]:
    """Write the body of ``POST /v1/assistants/{id}/model``."""
    body: dict[str, Any] = {
        "text": _replace_surrogates(text),
        "conversation_id": str(conversation_id),
        "stream": True,
    }
    if system_prompt:
        body["system_prompt"] = _replace_surrogates(system_prompt)
    if model:
        body["llm_model"] = model
    return body


class AnswerReader:
    """Reads the body of a 200, streamed or not, from pieces of any size.

    ``is_complete`` once the last object was read: what follows can't change the text.
    """

    def __init__(self) -> None:
        self.is_complete = False
        self._splitter = JsonSplitter(limit_bytes=MAX_ANSWER_BYTES)
        self._size_bytes = 0
        self._has_values = False
        self._is_chat = False
        self._is_foreign = False
        self._open_thought: object = None
        self._moulded_thought: object = None
        self._mould: Mould | None = None
        self._closes_thoughts = True
        self._is_cut = False
        self._text: str | None = None
        self._failure: CodemieError | None = None

    def feed(self, data: bytes) -> str:
        """Take the next piece; CodemieFailedAnswer if one object is larger than ``MAX_ANSWER_BYTES``.

        Returns what the model says in it, for showing only: joined, it can differ from the answer.
        """
        self._size_bytes += len(data)
        if self._is_foreign:
            return ""
        said: list[str] = []
        if self._splitter.is_between and len(data) <= MAX_ANSWER_BYTES:
            data = self._read_whole(data, said)
        try:
            said += map(self._read_value, self._splitter.feed(data))
        except TooLarge as error:
            message = f"the answer is larger than {MAX_ANSWER_BYTES} bytes"
            raise CodemieFailedAnswer(message, reason="too_large") from error
        return "".join(said)

    def finish(self) -> Reading:
        """Give the answer once the stream has ended; CodemieError if the run failed or its end is missing."""
        rest = self._splitter.take_rest()
        if rest and not rest.startswith((b"{", b"[", b'"')):
            self._read_value(rest)
        if self._failure:
            raise self._failure
        if not self.is_complete:
            raise self._explain_missing_end()
        return Reading(text=self._text or "", is_cut=self._is_cut)

    def _read_whole(self, data: bytes, said: list[str]) -> bytes:
        """Read the objects that stand whole at the beginning of a piece; return what follows them."""
        (text, rest), position = decode_start(data), 0
        with suppress(ValueError, RecursionError):  # cut, or no JSON: the splitter tells
            while text.startswith("{", position):
                words, position = self._read_next(text, position)
                said.append(words)
        self._has_values = self._has_values or position > 0
        return text[position:].encode() + rest

    def _read_next(self, text: str, position: int) -> tuple[str, int]:
        """Read an object; one that goes on with the open thought changes nothing but what is said."""
        if self._mould and (found := self._mould.read(text, position)):
            self._open_thought = self._moulded_thought if found[0] else self._open_thought
            return found
        read, end = read_object(text, position)
        words = self._read_object(read)
        if words and not self.is_complete and read["thought"].get("in_progress") is True:
            self._keep_mould(read["thought"].get("id"), text[position:end], words)
        return words, end

    def _keep_mould(self, thought_id: object, written: str, words: str) -> None:
        """Keep how a thought is written, from its first object."""
        if thought_id != self._moulded_thought:
            self._moulded_thought, self._mould = thought_id, make_mould(written, key="message", value=words)

    def _read_value(self, value: bytes) -> str:
        """Read one value; after one that is not JSON, nothing more is read."""
        if self._is_foreign:
            return ""
        self._has_values = True
        try:
            read = json.loads(value.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            self._is_foreign = True
            return ""
        return self._read_object(read) if isinstance(read, dict) else ""

    def _read_object(self, read: dict[str, Any]) -> str:
        """Take in one object of a stream, or the only one of an answer that is not streamed; return what it says."""
        if read.keys().isdisjoint(_CHAT_KEYS):
            if isinstance(read.get("error"), dict) and not self.is_complete:
                self._note_failure(explain_error_body(read["error"]))
            return ""
        self._is_chat = True
        is_whole = read.keys().isdisjoint(_STREAM_KEYS)
        if is_whole:
            self._follow_thought(_find_unclosed(read.get("thoughts")))
        text = self._follow_thought(read.get("thought"))
        # Models without tools stream by another path, which need not close its thoughts.
        self._closes_thoughts = self._closes_thoughts and not read.get("generated_chunk")
        if is_whole or read.get("last") is True:
            self._read_end(read)
        else:
            self._note_failure(find_early_failure(read))
        return text

    def _read_end(self, read: dict[str, Any]) -> None:
        """Take in the last object; one more may follow it, with the tools' errors and no text."""
        if self._text is None:
            self._text = _write_text(read.get("generated"))
        self._note_failure(find_failure(read, self._text or ""))
        self._is_cut = self._closes_thoughts and self._open_thought is not None
        self.is_complete = True

    def _follow_thought(self, thought: object) -> str:
        """Keep in mind whether the model's latest thought was closed; return what it says."""
        if not isinstance(thought, dict) or thought.get("author_name") != MODEL_AUTHOR:
            return ""
        message = thought.get("message")
        text = message if isinstance(message, str) else ""
        if thought.get("in_progress") is True and text:
            self._open_thought = thought.get("id")
        elif thought.get("in_progress") is False and thought.get("id") == self._open_thought:
            self._open_thought = None
        return text

    def _note_failure(self, failure: CodemieError | None) -> None:
        """Keep the first failure: those after it are its consequences."""
        self._failure = self._failure or failure

    def _explain_missing_end(self) -> CodemieError:
        size = f"{self._size_bytes} bytes"
        if self._has_values and not self._is_chat:
            return CodemieBadGateway(f"what answered is not CodeMie: {size}", reason="foreign")
        return CodemieUnavailable(f"the stream ended without its last object, after {size}", reason="no_end")


def _find_unclosed(thoughts: object) -> object:
    """Find the last thought, the answer's, of an answer that is not streamed, if it was left open."""
    latest = thoughts[-1] if isinstance(thoughts, list) and thoughts else None
    return latest if isinstance(latest, dict) and latest.get("in_progress") is True else None


def _write_text(generated: object) -> str | None:
    """Give the answer as text; an assistant with an output schema answers with an object."""
    if isinstance(generated, dict | list):
        return _replace_surrogates(json.dumps(generated, ensure_ascii=False))
    return _replace_surrogates(generated) if isinstance(generated, str) else None


def _replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 can't."""
    return text.encode(errors="replace").decode()
