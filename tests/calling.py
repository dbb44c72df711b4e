"""A client of the HTTP API, as tests need one."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from stage import Stage

TOKEN = "planted-api-token-0123"
PROMPT = "Registration for a planted-permit: name, car plate, e-mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came back; ``body`` is its JSON, ``None`` where there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Calls the API of a stage."""

    session: aiohttp.ClientSession
    stage: Stage

    async def call(self, method: str, path: str, **more: Any) -> Answered:  # noqa: ANN401 - what aiohttp takes
        """Make one call."""
        async with self.session.request(method, self.stage.url + path, **more) as response:
            text = await response.text()
            is_json = response.content_type == "application/json" and text
            return Answered(
                status=response.status, headers=response.headers, body=await response.json() if is_json else None
            )

    async def generate(self, prompt: str = PROMPT, *, headers: Mapping[str, str] | None = None) -> Answered:
        """Ask for a generation."""
        return await self.call("POST", "/api/generate", json={"prompt": prompt}, headers=headers)

    async def poll(self, location: str) -> Answered:
        """Ask how a generation stands until it has ended."""
        async with asyncio.timeout(30):
            while True:
                answered = await self.call("GET", location)
                if answered.body["status"] != "processing":
                    return answered
                await asyncio.sleep(0.05)


@asynccontextmanager
async def calling(stage: Stage, *, token: str = TOKEN, address: str = "127.0.0.1") -> AsyncIterator[Caller]:
    """Open a client that has the token, at one of the addresses of this machine."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}, connector=connector) as session:
        yield Caller(session=session, stage=stage)
