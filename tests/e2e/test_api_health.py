"""Whether CodeMie serves, as the API tells it: by a probe that costs no question, shared by all who ask."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr
from silence import keeping_silent

from bot.api.health import CodemieHealth
from bot.codemie.assistants import Assistants
from bot.codemie.auth import ClientCredentials, DevUser, TokenSource
from bot.codemie.client import Pool, Timeouts, open_http
from bot.core.texts import Language
from bot.demo.codemie import BuiltInCodemie, Fault

_TIMEOUTS = Timeouts(connect_s=2, read_s=2, answer_s=5)


@dataclass(slots=True, kw_only=True)
class Clinic:
    """A CodeMie and who looks at it; ``now_s`` is the clock."""

    codemie: BuiltInCodemie
    health: CodemieHealth
    now_s: float = 0.0


@asynccontextmanager
async def _open_clinic(*, secret: str | None = None, page_id: str = "ui") -> AsyncIterator[Clinic]:
    async with (
        BuiltInCodemie(answer=lambda _: "", assistants=("flow", "ui")) as codemie,
        open_http(pool=Pool(), timeouts=_TIMEOUTS) as http,
    ):
        credentials = ClientCredentials(
            token_url=codemie.token_url,
            client_id=codemie.accounts.client_id,
            client_secret=SecretStr(secret or codemie.accounts.client_secret),
        )
        token = TokenSource(http=http, api_url=codemie.api_url, credentials=credentials)
        clinic: Clinic
        health = CodemieHealth(
            assistants=Assistants(http=http, api_url=codemie.api_url, token=token),
            flow_assistant_id="flow",
            page_assistant_id=page_id,
            api_url=codemie.api_url,
            language=Language.ENGLISH,
            monotonic=lambda: clinic.now_s,
        )
        clinic = Clinic(codemie=codemie, health=health)
        yield clinic


async def test_a_probe_is_shared_for_five_seconds() -> None:
    """By those who ask at once, and those who ask soon after."""
    async with _open_clinic() as clinic:
        at_once = await asyncio.gather(*(clinic.health.look() for _ in range(20)))
        clinic.now_s = 4.9
        soon = await clinic.health.look()
        checks = clinic.codemie.health_checks
        clinic.now_s = 5.0
        await clinic.health.look()

        assert all(status.codemie_available for status in (*at_once, soon))
        assert checks == 1
        assert clinic.codemie.health_checks == 2
        assert clinic.codemie.calls == []


async def test_an_outage_is_told_until_it_is_over() -> None:
    """In words that are fit to be shown."""
    async with _open_clinic() as clinic:
        clinic.codemie.health_faults.append(Fault.html(502))
        down = await clinic.health.look()
        clinic.now_s = 5.0
        back = await clinic.health.look()

        assert not down.codemie_available
        assert down.error
        assert "can't be reached" in down.error
        assert back.codemie_available
        assert back.error is None


async def test_an_assistant_that_is_not_there_is_told() -> None:
    """CodeMie is healthy, and yet of no use."""
    async with _open_clinic(page_id="gone") as clinic:
        status = await clinic.health.look()

        assert not status.codemie_available
        assert status.error == "The CodeMie assistant was not found. Please tell an administrator."
        assert status.agent_ui_id == "gone"


async def test_a_refused_login_is_told() -> None:
    """The secret is in no word of it."""
    async with _open_clinic(secret="planted") as clinic:
        status = await clinic.health.look()

        assert not status.codemie_available
        assert status.error == "I could not sign in to CodeMie. Please tell an administrator."


async def test_an_expired_token_is_renewed() -> None:
    """As for a question."""
    async with _open_clinic() as clinic:
        await clinic.health.look()
        clinic.codemie.accounts.revoke_tokens()
        clinic.now_s = 5.0
        status = await clinic.health.look()

        assert status.codemie_available


async def test_silence_is_not_waited_for() -> None:
    """Longer than a person would wait for an answer."""
    async with keeping_silent() as port, open_http(pool=Pool(), timeouts=_TIMEOUTS) as http:
        api_url = f"http://127.0.0.1:{port}"
        token = TokenSource(http=http, api_url=api_url, credentials=DevUser(user_id="demo"))
        health = CodemieHealth(
            assistants=Assistants(http=http, api_url=api_url, token=token),
            flow_assistant_id="flow",
            page_assistant_id="ui",
            api_url=api_url,
            language=Language.ENGLISH,
            longest_s=0.3,
        )
        status = await health.look()

        assert not status.codemie_available
        assert status.error
        assert "too long" in status.error
