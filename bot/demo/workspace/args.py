"""A Web API call's arguments, as the SDKs send them: JSON, a form, or a query, with JSON inside strings."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from bot.demo.workspace.records import Json

_FALSE: Final = frozenset({"", "0", "false", "False"})


class ApiError(Exception):
    """The call is refused with Slack's word ``error``; ``details`` join the answer."""

    def __init__(self, error: str, **details: object) -> None:
        super().__init__(error)
        self.error = error
        self.details = details


@dataclass(frozen=True, slots=True)
class Args:
    """The arguments of one call, read by kind."""

    values: Mapping[str, Any]

    def text(self, key: str) -> str:
        """Read a string; empty if it is missing."""
        value = self.values.get(key)
        return "" if value is None else str(value)

    def required(self, key: str, error: str = "invalid_arguments") -> str:
        """Read a string that must be there."""
        if not (value := self.text(key)):
            raise ApiError(error, response_metadata={"messages": [f"[ERROR] missing required field: {key}"]})
        return value

    def optional(self, key: str) -> str | None:
        """Read a string that may be missing."""
        return self.text(key) or None

    def number(self, key: str, default: int) -> int:
        """Read a whole number."""
        try:
            return int(self.text(key) or default)
        except ValueError:
            raise ApiError("invalid_arguments") from None

    def is_set(self, key: str) -> bool:
        """Read a flag; the SDKs send 1 and 0, true and false, as strings too."""
        return self.text(key) not in _FALSE and self.values.get(key) is not False

    def items(self, key: str, error: str = "invalid_arguments") -> list[Any] | None:
        """Read a list, sent as it is or as a JSON string; None if it is missing."""
        value = self._parse(key, error)
        if value is not None and not isinstance(value, list):
            raise ApiError(error)
        return value

    def object(self, key: str, error: str = "invalid_arguments") -> Json | None:
        """Read an object, sent as it is or as a JSON string; None if it is missing."""
        value = self._parse(key, error)
        if value is not None and not isinstance(value, dict):
            raise ApiError(error)
        return value

    def _parse(self, key: str, error: str) -> Any:  # noqa: ANN401 - JSON
        value = self.values.get(key)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise ApiError(error) from None


Handler = Callable[[Args], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One Web API method: any of ``scopes`` opens it; ``is_app`` asks for the app-level token instead.

    One that ``is_open`` looks at the token itself, as the argument ``token``.
    """

    handle: Handler
    scopes: tuple[str, ...] = ()
    is_app: bool = False
    is_open: bool = False


async def read_args(request: web.Request) -> tuple[dict[str, Any], str]:
    """Read the arguments and the token of a request, wherever they are."""
    values: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        values |= _parse_body(await request.text())
    elif request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        values |= dict(await request.post())
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    in_args = str(values.pop("token", ""))
    if scheme == "Basic":
        values |= _read_basic(credential)
    return values, credential if scheme == "Bearer" else in_args


def _read_basic(credential: str) -> Json:
    """Read an app's id and secret, as the SDK sends them."""
    try:
        app, _, secret = base64.b64decode(credential, validate=True).decode().partition(":")
    except ValueError:
        raise ApiError("invalid_auth") from None
    return {"client_id": app, "client_secret": secret}


def _parse_body(text: str) -> Json:
    try:
        body = json.loads(text) if text else {}
    except ValueError:
        raise ApiError("invalid_json") from None
    if not isinstance(body, dict):
        raise ApiError("json_not_object")
    return body
