"""The description of the API: the document, and a page that shows it and lets one try it.

The page is one file with its style and script in it, which its policy allows by their hashes; it asks nobody but us.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any, Final

from aiohttp import web

_ASSETS: Final = files("bot.api") / "assets"
_ALWAYS: Final = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Docs:
    """Serves the document and its page, which are made once."""

    document: bytes
    page: bytes
    policy: str

    async def show_document(self, _: web.Request) -> web.Response:
        """Show the OpenAPI document."""
        return web.Response(
            body=self.document, content_type="application/json", headers={**_ALWAYS, "Cache-Control": "no-cache"}
        )

    async def show_page(self, _: web.Request) -> web.Response:
        """Show the page."""
        headers = {**_ALWAYS, "Cache-Control": "no-cache", "Content-Security-Policy": self.policy}
        return web.Response(body=self.page, content_type="text/html", charset="utf-8", headers=headers)


def make_docs(document: Mapping[str, Any]) -> Docs:
    """Make the docs of a document; reads files of the package."""
    style, script = _read("docs.css"), _read("docs.js")
    page = Template(_read("docs.html")).substitute(style=style, script=script)
    return Docs(document=json.dumps(document).encode(), page=page.encode(), policy=_write_policy(style, script))


def _write_policy(style: str, script: str) -> str:
    """Allow the page's own style and script, and requests to us."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _read(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
