"""One request to Slack's Web API: sent, counted, and made again where Slack asks to wait.

It stands in for the SDK's own sending, which writes every body and every answer out for its log although that is off:
it looks at the level of one logger, and a logger without a level of its own has 0. See docs/decisions.md.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from bot.ports import ignore
from bot.slack.failures import KNOWN_WORDS

OK: Final = "ok"
OTHER: Final = "other"
UNREACHABLE: Final = "unreachable"
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_LONGEST_WAIT_S: Final = 60
_JSON: Final = "application/json"
# Letters as they are: what is sent is often Ukrainian, for which escapes have three times the bytes.
_encode: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode

# The method, and how the request ended.
NoteCall = Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends over one session; ``note`` is told of each try.

    A call that is answered 429 is made again ``waits`` times at most, and never after a wait of more than a minute.
    """

    session: aiohttp.ClientSession
    note: NoteCall = ignore
    waits: int = 0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random

    async def send(self, verb: str, url: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request as the SDK has put it together; raises what aiohttp does."""
        options = _write_body(options)
        for _ in range(self.waits):
            answer = await self._try(verb, url, options)
            asked_s = _find_wait(answer)
            if asked_s is None:
                return answer
            await self.sleep(asked_s + self.jitter())
        return await self._try(verb, url, options)

    async def _try(self, verb: str, url: str, options: Mapping[str, Any]) -> dict[str, Any]:
        method = url.rpartition("/")[2]
        try:
            async with self.session.request(verb, url, **options) as response:
                body = await _read(response)
        except Exception:
            self.note(method, UNREACHABLE)
            raise
        self.note(method, _name_end(response.status, body))
        return {"data": body, "headers": response.headers, "status_code": response.status}


def _write_body(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write JSON once, however often it is sent; half a surrogate pair, which a model can say, is no UTF-8."""
    if options.get("json") is None:
        return options
    return {**options, "json": None, "data": _encode(options["json"]).encode(errors="replace")}


async def _read(response: aiohttp.ClientResponse) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Read the answer; what is no JSON, or does not say that it is, has nothing of Slack's in it."""
    body = await response.read()
    try:
        return json.loads(body) if response.content_type == _JSON else {}
    except ValueError:
        return {}


def _find_wait(answer: Mapping[str, Any]) -> int | None:
    """Find for how many seconds Slack asks to wait, if it does and they are not too many."""
    if answer["status_code"] != _TOO_MANY:
        return None
    asked = answer["headers"].get("Retry-After", "1")
    return int(asked) if asked.isdecimal() and int(asked) <= _LONGEST_WAIT_S else None


def _name_end(status: int, body: object) -> str:
    """Name how a request ended: ``ok``, Slack's word if it is a known one, or what was in the way."""
    if status == _TOO_MANY:
        return "ratelimited"
    if status >= _SERVER_ERROR:
        return "server_error"
    told = body if isinstance(body, dict) else {}
    if told.get("ok"):
        return OK
    word = told.get("error")
    return word if word in KNOWN_WORDS else OTHER
