"""The clients of Slack's Web API: one for the listeners, one for the poster."""

from typing import Final

import aiohttp
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

TIMEOUT_S: Final = 30
_LONGEST_WAIT_S: Final = 60
_WAITS: Final = 5


class PatientRetryHandler(AsyncRateLimitErrorRetryHandler):
    """Waits as long as Slack asks for, up to a minute at a time; beyond that the call fails."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if not await super()._can_retry_async(state=state, request=request, response=response, error=error):
            return False
        headers = {name.lower(): values for name, values in response.headers.items()} if response else {}
        asked = headers.get("retry-after") or ["1"]
        return asked[0].isdigit() and int(asked[0]) <= _LONGEST_WAIT_S


def make_client(*, token: str, api_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Make the client; without a session of ours the SDK opens one for every call.

    It retries where Slack asks to wait and nowhere else: its default sends a post again whose answer was lost.
    """
    return AsyncWebClient(
        token=token,
        base_url=api_url.rstrip("/") + "/",
        session=session,
        trust_env_in_session=True,
        timeout=TIMEOUT_S,
        retry_handlers=[PatientRetryHandler(max_retry_count=_WAITS)],
    )


def copy_without_retries(client: AsyncWebClient) -> AsyncWebClient:
    """Make a client that retries nothing: the poster waits by itself, in :mod:`bot.slack.lanes`."""
    return AsyncWebClient(
        token=client.token,
        base_url=client.base_url,
        session=client.session,
        trust_env_in_session=client.trust_env_in_session,
        timeout=client.timeout,
        retry_handlers=[],
    )
