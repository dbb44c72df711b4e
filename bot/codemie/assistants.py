"""Looks up who the account is, which models there are and how assistants stand; makes and mends the carrier."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from bot.codemie.auth import Access, TokenSource
from bot.codemie.directory import (
    Account,
    Assistant,
    Model,
    read_account,
    read_assistant,
    read_health,
    read_made,
    read_models,
)
from bot.codemie.failures import decipher_error
from bot.codemie.transport import read_start, translate
from bot.errors import CodemieError, CodemieNotFound, CodemieRejected

_CALL_S: Final = 30.0


class Assistants:
    """CodeMie's records, each call made once; raises :class:`~bot.errors.CodemieError`. Does not close ``http``."""

    def __init__(
        self,
        *,
        http: httpx.AsyncClient,
        api_url: str,
        token: TokenSource,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._http = http
        self._api_url = api_url
        self._token = token
        self._now = now

    async def probe(self) -> None:
        """Find out whether CodeMie answers at all, which needs no login."""
        read_health(await self._call("GET", "/v1/healthcheck", {}))

    async def log_in(self) -> None:
        """Get a token."""
        await self._token.get()

    async def get_account(self) -> Account:
        """Tell whom CodeMie takes the bot for."""
        return read_account(await self._ask("GET", "/v1/user"))

    async def list_models(self) -> tuple[Model, ...]:
        """List the language models."""
        return read_models(await self._ask("GET", "/v1/llm_models"))

    async def get(self, assistant_id: str) -> Assistant:
        """Look at an assistant; CodemieNotFound, or CodemieAccessDenied where this account may not."""
        return read_assistant(await self._ask("GET", f"/v1/assistants/id/{quote(assistant_id, safe='')}"))

    async def find(self, slug: str, *, project: str) -> Assistant | None:
        """Find an assistant by its slug in a project, if there is one; CodemieAccessDenied where it is not shown."""
        path = f"/v1/assistants/slug/{quote(slug, safe='')}"
        try:
            return read_assistant(await self._ask("GET", path, params={"project": project}))
        except CodemieNotFound as error:
            if error.reason == "path":
                raise
            return None

    async def make(self, body: Mapping[str, Any]) -> str:
        """Make an assistant and return its id; CodemieRejected where its slug is taken."""
        made = read_made(await self._ask("POST", "/v1/assistants", body=body))
        if made is None:
            raise CodemieRejected("CodeMie made no assistant: integrations are missing", status=200, reason="no_id")
        return made

    async def update(self, assistant_id: str, body: Mapping[str, Any]) -> None:
        """Replace an assistant's record by ``body``, which must be whole: what is left out is lost."""
        await self._ask("PUT", f"/v1/assistants/{quote(assistant_id, safe='')}", body=body)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Call with access, and once more with new access if the first is refused."""

        async def call(access: Access) -> bytes:
            return await self._call(method, path, access.headers, params=params, body=body)

        return await self._token.use(call)

    async def _call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> bytes:
        request = self._http.build_request(
            method, f"{self._api_url}{path}", headers=dict(headers), params=params, json=body
        )
        try:
            async with asyncio.timeout(_CALL_S), aclosing(await self._http.send(request, stream=True)) as response:
                if response.is_success:
                    return await response.aread()
                start = await read_start(response)
        except (TimeoutError, httpx.HTTPError) as error:
            raise translate(error) from error
        raise self._decipher(response, start)

    def _decipher(self, response: httpx.Response, body: bytes) -> CodemieError:
        return decipher_error(response.status_code, response.headers, body, now=self._now())
