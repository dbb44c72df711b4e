"""The usual way: Bolt as its guide shows it, a new client for each call, and a listener that does all the work.

Nothing outlives the process. https://docs.slack.dev/tools/bolt-python/concepts/async
"""

import json
import os
import sys
import uuid
from typing import Any

import httpx
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

_SAY = "Answer with JSON only.", "Answer with HTML only."
_TIMEOUT_S = 60
_env = os.environ  # noqa: TID251 - of a program beside the bot
app = AsyncApp(
    client=AsyncWebClient(token=_env["SLACK_BOT_TOKEN"], base_url=_env["SLACK_API_URL"]),
    signing_secret=_env["SLACK_SIGNING_SECRET"],
)


@app.command("/generate")
async def generate(ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient) -> None:
    """Acknowledge, make a flow and a page, and post both."""
    await ack()
    prompt, channel = command["text"], command["channel_id"]
    anchor = await client.chat_postMessage(channel=channel, text=prompt)
    flow = await ask(f"<request>\n{prompt}\n</request>\n{_SAY[0]}")
    await client.chat_postMessage(channel=channel, thread_ts=anchor["ts"], text=flow)
    page = await ask(f"<request>\n{prompt}\n</request>\n<flow>\n{flow}\n</flow>\n{_SAY[1]}")
    await client.files_upload_v2(
        channel=channel, thread_ts=anchor["ts"], filename="prototype.html", content=page, title="prototype"
    )


async def ask(text: str) -> str:
    """Log in to CodeMie, ask, and return what its last object holds."""
    data = {
        "grant_type": "client_credentials",
        "client_id": _env["CODEMIE_CLIENT_ID"],
        "client_secret": _env["CODEMIE_CLIENT_SECRET"],
    }
    async with httpx.AsyncClient(timeout=_TIMEOUT_S) as http:
        answer = await http.post(f"{_env['CODEMIE_AUTH_URL']}/realms/codemie/protocol/openid-connect/token", data=data)
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    body = {"text": text, "conversation_id": str(uuid.uuid4()), "stream": True}
    async with httpx.AsyncClient(timeout=_TIMEOUT_S) as http:
        url = f"{_env['CODEMIE_API_URL']}/v1/assistants/carrier/model"
        streamed = (await http.post(url, json=body, headers=headers)).text
    decoder, at, generated = json.JSONDecoder(), 0, ""
    while at < len(streamed):
        value, at = decoder.raw_decode(streamed, at)
        generated = value.get("generated") or generated
    return generated


async def announce(_: web.Application) -> None:
    """Say where it is about to listen."""
    print(json.dumps({"event": "started", "port": int(_env["PORT"])}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    server = app.server(port=int(_env["PORT"]), host="127.0.0.1")
    server.web_app.on_startup.append(announce)
    web.run_app(server.web_app, host="127.0.0.1", port=int(_env["PORT"]), access_log=None, print=None)
