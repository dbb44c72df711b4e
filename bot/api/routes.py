"""The addresses of the API."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.api.access import Access
from bot.api.bodies import read_request
from bot.api.docs import Docs
from bot.api.failures import fail_generation, fail_http, refuse, write_json
from bot.api.generations import Generations
from bot.api.health import CodemieHealth
from bot.api.preferences import Preferences, read_key, read_preferences
from bot.api.shield import PREFIX, Shield
from bot.audit import note_act
from bot.core.ids import make_call_key, make_reference
from bot.core.models import Asking, GenerateResponse, Job
from bot.errors import LimitError, PromptError, StoreError

GENERATE: Final = f"{PREFIX}/generate"
_BODY_S: Final = 15.0
_POLL_S: Final = 2
_ANOTHER_PROMPT: Final = "This Idempotency-Key was used for another request. Use a new key for a new request."
_UNKNOWN: Final = "There is no such generation, or it was erased."
_ERASED: Final = "What this Idempotency-Key asked for was erased. Use a new key to ask again."


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRoutes:
    """Serves the API to whoever has the token, and its description to everybody."""

    access: Access
    generations: Generations
    health: CodemieHealth
    docs: Docs

    def add_to(self, app: web.Application) -> None:
        """Add the routes, and what stands before all that is under ``/api``."""
        shield = Shield(access=self.access)
        app.middlewares.append(shield.make_middleware())
        app.router.add_post(GENERATE, self.generate, expect_handler=shield.expect)
        for path, handler in (
            (f"{GENERATE}/{{id}}", self.show),
            (f"{PREFIX}/status", self.show_status),
            (f"{PREFIX}/openapi.json", self.docs.show_document),
            (f"{PREFIX}/docs", self.docs.show_page),
        ):
            app.router.add_get(path, handler, expect_handler=shield.expect)

    async def generate(self, request: web.Request) -> web.Response:
        """Ask for a generation; wait for it as long as the client does, unless it prefers not to."""
        self.access.check(request)
        client = self.access.name_client(request)
        preferences = read_preferences(request.headers.getall("Prefer", []))
        key = read_key(request)
        asked = await read_request(request, longest_s=_BODY_S)
        try:
            job = self.generations.prepare(asked, client=client)
            call_id = await self.generations.submit(job, key=key)
            if key is not None:
                await self._check_same(call_id, job)
            return await self._wait(request, call_id, preferences, client=None if key else client)
        except (PromptError, LimitError, StoreError) as error:
            raise refuse(error, language=self.generations.choose_language(asked)) from error

    async def show(self, request: web.Request) -> web.Response:
        """Show how a generation stands."""
        self.access.check(request)
        call_id = request.match_info["id"]
        try:
            asking = await self.generations.find(call_id)
            response = await self.generations.answer(call_id, asking) if asking else None
        except StoreError as error:
            raise refuse(error, language=self.generations.language) from error
        if asking is None or response is None:
            raise fail_http(404, _UNKNOWN)
        if asking.outcome:  # whoever polls before has seen nothing yet
            reference = make_reference(make_call_key(call_id=call_id))
            note_act("fetch", actor=self.access.name_client(request), object=reference, decision="shown")
        headers = {} if asking.outcome else {"Retry-After": str(_POLL_S)}
        return write_json(response, headers=headers)

    async def show_status(self, request: web.Request) -> web.Response:
        """Show whether CodeMie serves."""
        self.access.check(request)
        return write_json(await self.health.look())

    async def _check_same(self, call_id: str, job: Job) -> None:
        """Raise ApiFailure where a key was used for something else, or for what is erased by now."""
        asking = await self.generations.find(call_id)
        if asking is None:
            raise fail_http(409, _ERASED)
        if asking.job.request != job.request:
            raise fail_http(422, _ANOTHER_PROMPT)

    async def _wait(
        self, request: web.Request, call_id: str, preferences: Preferences, *, client: str | None
    ) -> web.Response:
        """Wait for a generation; where a ``client`` that can't ask for it again has left, it is stopped."""

        def is_gone() -> bool:
            return request.transport is None or request.transport.is_closing()

        asking = await self.generations.wait(call_id, longest_s=preferences.wait_s, is_gone=is_gone)
        if asking is None:
            raise fail_http(409, _ERASED)
        if asking.outcome is None and client is not None and is_gone():
            await self.generations.abandon(call_id, client=client)
        return await self._answer(call_id, asking, preferences)

    async def _answer(self, call_id: str, asking: Asking, preferences: Preferences) -> web.Response:
        location = {"Location": f"{GENERATE}/{call_id}"}
        if asking.outcome is not None and asking.outcome.error is not None:
            reference = make_reference(make_call_key(call_id=call_id))
            failure = fail_generation(asking.outcome, language=asking.job.language, reference=reference)
            failure.headers |= location
            raise failure
        response = await self.generations.answer(call_id, asking)
        if response is None:
            raise fail_http(409, _ERASED)
        return _write(response, location, preferences, is_ready=asking.outcome is not None)


def _write(
    response: GenerateResponse, location: dict[str, str], preferences: Preferences, *, is_ready: bool
) -> web.Response:
    if is_ready:
        return write_json(response, headers=location)
    applied = {"Preference-Applied": preferences.applied} if preferences.applied else {}
    return write_json(response, status=202, headers={**location, **applied, "Retry-After": str(_POLL_S)})
