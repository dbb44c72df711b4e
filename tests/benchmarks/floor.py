"""The floor: as little as a bot can do that does the same. No Bolt, no store, nothing that outlives it.

One pooled session for Slack and CodeMie; a signature is checked, 200 is answered, two answers are read, three
messages posted. What it leaves out is what the bot is for.
"""

import asyncio
import hashlib
import hmac
import json
import os
import sys
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

_SAY = "Answer with JSON only.", "Answer with HTML only."


@dataclass(slots=True, kw_only=True)
class Floor:
    """The whole of it."""

    session: aiohttp.ClientSession
    slack_url: str
    slack_token: str
    secret: bytes
    codemie_url: str
    codemie_token: str
    jobs: set[asyncio.Task[None]] = field(default_factory=set)

    async def receive(self, request: web.Request) -> web.Response:
        """Check the signature, begin, and answer."""
        body = await request.read()
        base = b"v0:" + request.headers["X-Slack-Request-Timestamp"].encode() + b":" + body
        digest = "v0=" + hmac.new(self.secret, base, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(digest, request.headers["X-Slack-Signature"]):
            return web.Response(status=401)
        command = dict(parse_qsl(body.decode()))
        task = asyncio.create_task(self.generate(command["channel_id"], command["text"]))  # noqa: TID251 - held below
        self.jobs.add(task)
        task.add_done_callback(self.jobs.discard)
        return web.Response()

    async def generate(self, channel: str, prompt: str) -> None:
        """Make a flow and a page, and post both."""
        anchor = await self.call("chat.postMessage", channel=channel, text=prompt)
        flow = await self.ask(f"<request>\n{prompt}\n</request>\n{_SAY[0]}")
        await self.call("chat.postMessage", channel=channel, thread_ts=anchor["ts"], text=flow)
        page = (await self.ask(f"<request>\n{prompt}\n</request>\n<flow>\n{flow}\n</flow>\n{_SAY[1]}")).encode()
        place = await self.call("files.getUploadURLExternal", filename="prototype.html", length=len(page))
        async with self.session.post(place["upload_url"], data=page) as answer:
            answer.raise_for_status()
        await self.call(
            "files.completeUploadExternal",
            files=json.dumps([{"id": place["file_id"]}]),
            channel_id=channel,
            thread_ts=anchor["ts"],
        )

    async def call(self, method: str, **arguments: object) -> dict[str, Any]:
        """Call a method of Slack's."""
        headers = {"Authorization": f"Bearer {self.slack_token}"}
        async with self.session.post(self.slack_url + method, data=arguments, headers=headers) as answer:
            told: dict[str, Any] = await answer.json()
        if not told["ok"]:
            raise RuntimeError(told["error"])
        return told

    async def ask(self, text: str) -> str:
        """Ask CodeMie, and return what its last object holds."""
        body = {"text": text, "conversation_id": str(uuid.uuid4()), "stream": True}
        headers = {"Authorization": f"Bearer {self.codemie_token}"}
        async with self.session.post(
            f"{self.codemie_url}/v1/assistants/carrier/model", json=body, headers=headers
        ) as answer:
            return read_last(await answer.text())


def read_last(body: str) -> str:
    """Return the answer in a stream of objects that are glued together."""
    decoder, at, generated = json.JSONDecoder(), 0, ""
    while at < len(body):
        value, at = decoder.raw_decode(body, at)
        generated = value.get("generated") or generated
    return generated


async def log_in(session: aiohttp.ClientSession) -> str:
    """Get a token of CodeMie's, good for the whole run."""
    env = os.environ  # noqa: TID251 - of a program beside the bot
    data = {
        "grant_type": "client_credentials",
        "client_id": env["CODEMIE_CLIENT_ID"],
        "client_secret": env["CODEMIE_CLIENT_SECRET"],
    }
    url = f"{env['CODEMIE_AUTH_URL']}/realms/codemie/protocol/openid-connect/token"
    async with session.post(url, data=data) as answer:
        return str((await answer.json())["access_token"])


async def main() -> None:
    """Serve until stopped."""
    env = os.environ  # noqa: TID251 - as above
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        floor = Floor(
            session=session,
            slack_url=env["SLACK_API_URL"],
            slack_token=env["SLACK_BOT_TOKEN"],
            secret=env["SLACK_SIGNING_SECRET"].encode(),
            codemie_url=env["CODEMIE_API_URL"],
            codemie_token=await log_in(session),
        )
        app = web.Application()
        app.router.add_post("/slack/events", floor.receive)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(json.dumps({"event": "started", "port": runner.addresses[0][1]}), file=sys.stderr, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
