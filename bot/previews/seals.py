"""Addresses that can't be guessed and small texts that can't be forged, all made with one secret key."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_MAC_BYTES: Final = 32
_SEALED_CHARS_LIMIT: Final = 2_000


def make_token(key: bytes, job_id: str) -> str:
    """Make the token of a job's preview: 256 bits, the same each time, 43 characters that an address may hold."""
    return _write_base64(_authenticate(key, "preview", job_id.encode()))


def hash_token(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(text: str) -> bool:
    """Tell whether a text has the shape of a token."""
    return _TOKEN.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Signs claims for ``lifetime_s``; one seal's ``purpose`` keeps it from opening another's."""

    key: bytes = field(repr=False)
    purpose: str
    lifetime_s: float
    clock: Callable[[], float]

    def close(self, claims: Mapping[str, str]) -> str:
        """Write claims and the end of their time as a text that an address or a cookie may hold."""
        body = json.dumps({"until": self.clock() + self.lifetime_s, "claims": dict(claims)}).encode()
        return _write_base64(_authenticate(self.key, self.purpose, body) + body)

    def open(self, text: str) -> dict[str, str] | None:
        """Read claims; ``None`` for what is forged, of another purpose, or too old."""
        sealed = _read_base64(text) if len(text) <= _SEALED_CHARS_LIMIT else None
        if sealed is None:
            return None
        mac, body = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
        if not hmac.compare_digest(mac, _authenticate(self.key, self.purpose, body)):
            return None
        content = json.loads(body)
        claims: dict[str, str] = content["claims"]
        return claims if self.clock() < content["until"] else None


def _authenticate(key: bytes, purpose: str, body: bytes) -> bytes:
    purpose_key = hmac.digest(key, purpose.encode(), "sha256")
    return hmac.digest(purpose_key, body, "sha256")


def _write_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:  # also of text that is not ASCII
        return None
