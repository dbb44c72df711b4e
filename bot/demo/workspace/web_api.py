"""The Web API's door: token, scopes, faults, the record of calls, and the answer on the wire.

https://docs.slack.dev/apis/web-api/using-the-slack-web-api
"""

import asyncio
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from email.utils import formatdate
from math import ceil
from typing import Any

from aiohttp import web

from bot.demo.gate import Moment
from bot.demo.workspace.access import Access
from bot.demo.workspace.args import ApiError, Args, Method, read_args
from bot.demo.workspace.faults import Drop, Fault, Faults
from bot.demo.workspace.rates import MethodRate
from bot.demo.workspace.records import Json
from bot.demo.workspace.stamps import stamp_team
from bot.demo.workspace.state import State
from bot.demo.workspace.stopwatch import Stopwatch
from bot.demo.workspace.traffic import Call

_OK = 200
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class WebApi:
    """Answers ``/api/METHOD``; ``get_tokens`` gives the bot's and the app's token, as they are at that moment.

    ``check_issued`` refuses any other bot token that was not given out to who has installed the app.
    """

    state: State
    access: Access
    methods: Mapping[str, Method]
    faults: Faults
    rate: MethodRate
    scopes: AbstractSet[str]
    app_scopes: AbstractSet[str]
    unknown_methods: AbstractSet[str]
    get_tokens: Callable[[], tuple[str, str]]
    check_issued: Callable[[str], None]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call; errors are answered with 200, as Slack does, but for rate limits."""
        watch = Stopwatch.start(self.state.clock)
        name = request.match_info["method"]
        try:
            values, token = await read_args(request)
        except ApiError as error:
            return self._respond(_show_error(error))
        await self.faults.gate(name, values, Moment.ARRIVED)
        fault = self.faults.take(name, values)
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        answer = self._answer(name, values, token, fault)
        is_answered = fault.drop is None
        response = self._respond(answer, _get_status(answer, fault))
        self.state.record_call(
            Call(
                method=name,
                args=values,
                at=watch.at,
                took_s=watch.read(),
                answer=answer,
                status=response.status,
                size_bytes=int(response.content_length or 0) if is_answered else 0,
                is_answered=is_answered,
            )
        )
        await self.faults.gate(name, values, Moment.DONE)
        if not is_answered and request.transport is not None:
            request.transport.close()
        return response

    def _answer(self, name: str, values: Mapping[str, Any], token: str, fault: Fault) -> Json | None:
        if fault.drop is Drop.REQUEST:
            return None
        if fault.error is not None:
            extra = {"retry_after": fault.retry_after_s} if fault.retry_after_s is not None else {}
            return _show_error(ApiError(fault.error, **extra))
        if fault.is_refusal:
            return None
        try:
            return {"ok": True, **stamp_team(self._call(name, values, token), self.state.team)}
        except ApiError as error:
            return _show_error(error)

    def _call(self, name: str, values: Mapping[str, Any], token: str) -> Json:
        method = self.methods.get(name)
        if method is None or name in self.unknown_methods:
            raise ApiError("unknown_method", req_method=name)
        if wait_s := self.rate.take(name):
            raise ApiError("ratelimited", retry_after=ceil(wait_s))
        if method.is_open:
            return method.handle(Args({**values, "token": token}))
        self._check_token(method, token)
        if method.is_app:
            self._check_app_scopes(method)
        else:
            self.access.require_scope(method.scopes)
        return method.handle(Args(values))

    def _check_token(self, method: Method, token: str) -> None:
        if not token:
            raise ApiError("not_authed")
        expected, other = self.get_tokens()
        if method.is_app:
            expected, other = other, expected
        if token == other:
            raise ApiError("not_allowed_token_type")
        if token != expected:
            self._check_other(method, token)

    def _check_other(self, method: Method, token: str) -> None:
        if method.is_app:
            raise ApiError("invalid_auth")
        self.check_issued(token)

    def _check_app_scopes(self, method: Method) -> None:
        if not set(method.scopes) <= self.app_scopes:
            raise ApiError("missing_scope", needed=",".join(method.scopes), provided=",".join(sorted(self.app_scopes)))

    def _respond(self, answer: Json | None, status: int = _OK) -> web.Response:
        if answer is None:
            return web.Response(status=status, text="upstream failure")
        date = formatdate(self.state.clock(), usegmt=True)
        headers = {"x-oauth-scopes": ",".join(sorted(self.scopes)), "Date": date}
        retry_after = answer.get("retry_after")
        if status == _TOO_MANY_REQUESTS and retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        return web.json_response(answer, status=status, headers=headers)


def _show_error(error: ApiError) -> Json:
    return {"ok": False, "error": str(error.error), **error.details}


def _get_status(answer: Json | None, fault: Fault) -> int:
    if answer is not None and answer.get("error") == "ratelimited":
        return _TOO_MANY_REQUESTS
    return fault.status
