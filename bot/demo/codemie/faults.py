"""Scripted failures of the built-in CodeMie: one a call, in the shapes that the real server was seen to give."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from bot.demo.codemie import bodies

JSON_TYPE: Final = "application/json"
_HTML_TYPE: Final = "text/html"


class Ending(StrEnum):
    """How a stream ends."""

    LAST = "last"
    WITHOUT_LAST = "without_last"
    DROPPED = "dropped"
    SILENT = "silent"
    UNCLOSED = "unclosed"
    STACKTRACE = "stacktrace"
    LINGERING = "lingering"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one call.

    With a ``body`` this is answered in place of a run. Without one a run is made: with ``text`` as its answer, if
    given, of which a share is kept, an ``execution_error`` in its last object, and an ending. ``LINGERING`` keeps the
    connection open after the last object, ``BROKEN`` breaks it there; ``SILENT`` goes quiet before it. ``chars_per_s``
    overrules the server's pace.
    """

    status: int = 200
    body: bytes | None = None
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    kept_share: float = 1.0
    execution_error: str | None = None
    ending: Ending = Ending.LAST
    is_unsuccessful: bool = False
    chars_per_s: float | None = None

    @classmethod
    def slow(cls, *, chars_per_s: float) -> Self:
        """Answer well, but at this pace."""
        return cls(chars_per_s=chars_per_s)

    @classmethod
    def answer(cls, status: int, message: str, *, headers: Mapping[str, str] | None = None) -> Self:
        """Answer one of CodeMie's own errors."""
        return cls(status=status, body=bodies.write(bodies.make_error(message)), headers=headers or {})

    @classmethod
    def unavailable(cls) -> Self:
        """Answer 503, as when its search engine is away."""
        return cls.answer(503, "Elastic service unavailable")

    @classmethod
    def rate_limited(cls, *, retry_after: str | None = None) -> Self:
        """Answer 429, with ``Retry-After`` (seconds or a date) if given."""
        headers = {"Retry-After": retry_after} if retry_after is not None else {}
        return cls.answer(429, "Too many attempts. Please wait and try again later.", headers=headers)

    @classmethod
    def denied(cls) -> Self:
        """Answer 401 to an account that may not use the assistant."""
        return cls(status=401, body=bodies.write(bodies.make_denial()))

    @classmethod
    def expired_token(cls) -> Self:
        """Answer 401 to a token that has expired."""
        return cls.answer(401, "JWT has expired")

    @classmethod
    def forbidden(cls) -> Self:
        """Answer 403, as for somebody else's conversation."""
        return cls(status=403, body=bodies.write(bodies.make_denial()))

    @classmethod
    def not_found(cls) -> Self:
        """Answer 404 for an assistant."""
        return cls.answer(404, "Assistant not found")

    @classmethod
    def wrong_path(cls) -> Self:
        """Answer 404 as where the address lacks its prefix."""
        return cls(status=404, body=bodies.write({"detail": "Not Found"}))

    @classmethod
    def invalid(cls) -> Self:
        """Answer 422."""
        body = bodies.make_validation_error("text", "Input should be a valid string")
        return cls(status=422, body=bodies.write(body))

    @classmethod
    def trace(cls) -> Self:
        """Answer 500 with a stack trace."""
        return cls.answer(500, "Internal Server Error. <br> Stacktrace: Traceback (most recent call last): demo")

    @classmethod
    def login_page(cls) -> Self:
        """Redirect to a login page, as a proxy does."""
        return cls(status=302, body=b"", content_type=_HTML_TYPE, headers={"Location": "/login"})

    @classmethod
    def html(cls, status: int) -> Self:
        """Answer a page, as a gateway does."""
        body = f"<html><style>h1 {{color: red}}</style><body><h1>{status}</h1><p>nginx</p></body></html>"
        return cls(status=status, body=body.encode(), content_type=_HTML_TYPE)

    @classmethod
    def raw(cls, body: bytes, *, content_type: str = "application/x-ndjson") -> Self:
        """Answer 200 with these bytes."""
        return cls(body=body, content_type=content_type)

    @classmethod
    def say(cls, text: str) -> Self:
        """Answer with this text; an empty one is an empty answer."""
        return cls(text=text)

    @classmethod
    def empty(cls) -> Self:
        """Answer with nothing."""
        return cls(text="")

    @classmethod
    def cut(cls, *, kept_share: float = 0.5) -> Self:
        """Stop at the model's output limit, which looks like success but for a thought that is never closed."""
        return cls(kept_share=kept_share, ending=Ending.UNCLOSED)

    @classmethod
    def execution_failure(cls, kind: str) -> Self:
        """Fail halfway, with this ``execution_error`` in the last object."""
        return cls(kept_share=0.5, execution_error=kind)

    @classmethod
    def stacktrace(cls) -> Self:
        """Fail as a chain without tools does: told by an object before the last one only."""
        return cls(kept_share=0.5, ending=Ending.STACKTRACE)

    @classmethod
    def without_last(cls) -> Self:
        """End the stream without its last object."""
        return cls(kept_share=0.5, ending=Ending.WITHOUT_LAST)

    @classmethod
    def drop(cls, *, kept_share: float = 0.5) -> Self:
        """Cut the connection in the middle; at once if nothing is kept."""
        return cls(kept_share=kept_share, ending=Ending.DROPPED)

    @classmethod
    def silence(cls, *, kept_share: float = 0.5) -> Self:
        """Go quiet in the middle, until the client leaves."""
        return cls(kept_share=kept_share, ending=Ending.SILENT)

    @classmethod
    def linger(cls) -> Self:
        """Keep the connection open after the last object, until the client leaves."""
        return cls(ending=Ending.LINGERING)

    @classmethod
    def break_after_end(cls) -> Self:
        """Cut the connection after the last object, without ending the response."""
        return cls(ending=Ending.BROKEN)

    @classmethod
    def unsuccessful(cls) -> Self:
        """Answer, not streamed, with ``success: false``."""
        return cls(text="Traceback (demo)", is_unsuccessful=True)
