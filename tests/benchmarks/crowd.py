"""The requests of a benchmark: signed slash commands of many people, sent when their time has come.

As a program it sends what it is given, from a process of its own, so that the bot is sent to at an even rate.
"""

import asyncio
import hashlib
import hmac
import json
import re
import sys
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[2]))  # the bot

from bot.demo.workspace.payloads import make_command
from bot.demo.workspace.records import Json
from bot.demo.workspace.world import Channel, ChannelKind, User

PEOPLE: Final = 50
CHANNELS: Final = 10
SECRET: Final = "demo-signing-secret"
PROMPT_NUMBER: Final = re.compile(r"permit (\d{6}):")
_PATIENCE_S: Final = 60

Sent = list[dict[str, float]]


def make_orders(url: str, *, jobs: int, rate_per_s: float, first: int = 0) -> list[Json]:
    """Sign a command for each job; the first is to leave at 0 s, the others at an even rate."""
    return [
        _make_order(url, number=number, at_s=place / rate_per_s)
        for place, number in enumerate(range(first, first + jobs))
    ]


def _make_order(url: str, *, number: int, at_s: float) -> Json:
    user, channel = f"U{1000 + number % PEOPLE}", f"C{1000 + number % CHANNELS}"
    payload = make_command(
        user=User(id=user, name=user.lower(), real_name=user),
        channel=Channel(id=channel, name=channel.lower(), kind=ChannelKind.PUBLIC, members=frozenset({user})),
        command="/generate",
        text=f"Registration for a parking permit {number:06}: name, car plate, e-mail",
        trigger_id=f"trigger.{number}",
        response_url="http://127.0.0.1:9/nobody",
    )
    body = urlencode(payload)
    return {"number": number, "url": f"{url}/slack/events", "at_s": at_s, "body": body, "headers": _sign(body)}


def _sign(body: str) -> dict[str, str]:
    at = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": f"v0={digest}",
    }


async def send_all(orders: list[Json]) -> Sent:
    """Send each when its time has come, answered or not; ``sent_at_s`` is of the monotonic clock."""
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        started = time.monotonic()
        return list(await asyncio.gather(*(_send(session, order, started) for order in orders)))


async def _send(session: aiohttp.ClientSession, order: Json, started: float) -> dict[str, float]:
    await asyncio.sleep(max(0.0, started + order["at_s"] - time.monotonic()))
    sent = time.monotonic()
    try:
        async with session.post(order["url"], data=order["body"].encode(), headers=order["headers"]) as answer:
            # A command that is not taken on is answered with 200 and a text.
            status = answer.status if not await answer.text() else 0
    except (aiohttp.ClientError, TimeoutError):
        status = 0
    return {"number": order["number"], "sent_at_s": sent, "took_s": time.monotonic() - sent, "status": status}


async def send_apart(orders: list[Json]) -> Sent:
    """Send from a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(json.dumps(orders).encode())
    sent: Any = json.loads(out)
    return list(sent)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(send_all(json.load(sys.stdin)))))
