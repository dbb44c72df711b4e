"""CodeMie: the way there and the login, one after the other; then account, models and assistants, at once."""

import asyncio
import uuid
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import httpx

from bot.codemie.assistants import Assistants
from bot.codemie.auth import TokenSource
from bot.codemie.client import CodemieClient, Question
from bot.credentials import LiveSettings
from bot.doctor.codes import Code
from bot.doctor.explaining import (
    ACCOUNT,
    API,
    LOGIN,
    MODELS,
    Post,
    describe_credentials,
    explain_account,
    explain_api,
    explain_assistant,
    explain_login,
    explain_models,
)
from bot.doctor.findings import LIMIT_S, Finding, limit, pass_over, report
from bot.errors import ArtifactError, CodemieError, CodemieLoginFailed, CodemieTimeout
from bot.loose_settings import Reading
from bot.settings import Settings
from bot.wiring.codemie import (
    CODEMIE_SETTINGS,
    choose_credentials,
    make_assistants,
    make_codemie_client,
    make_token_source,
)

T = TypeVar("T")
_ASK_LIMIT_S: Final = 90.0
_QUESTION: Final = "Answer with the word yes and nothing else."
_PROMPT: Final = "You answer in one word."
_IDS: Final = frozenset({"CODEMIE_ASSISTANT_ID", "CODEMIE_FLOW_ASSISTANT_ID", "CODEMIE_UI_ASSISTANT_ID"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CodemieChecks:
    """The checks of CodeMie, each within ``limit_s``; ``is_asking`` puts a paid question to each assistant."""

    reading: Reading
    http: httpx.AsyncClient
    is_asking: bool = False
    limit_s: float = LIMIT_S

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.reading.settings

    async def check(self) -> list[Finding]:
        """Make all of them, as far as the way leads."""
        rest = [LOGIN, ACCOUNT, MODELS, *(post.name for post in list_posts(self.settings))]
        if self.reading.find_problems(CODEMIE_SETTINGS):
            return [pass_over(name, "the settings of CodeMie have to be mended first") for name in (API, *rest)]
        token = make_token_source(LiveSettings(self.settings), self.http)
        records = make_assistants(self.settings, self.http, token)
        if error := await self._find_error(records.probe()):
            return [explain_api(error, self.settings), *(pass_over(name, "it takes the API") for name in rest)]
        api = report(API, Code.OK, f"CodeMie answers at {self.settings.codemie_api_url}")
        credentials = choose_credentials(self.settings)
        if error := await self._find_error(records.log_in()):
            login = explain_login(error, credentials, self.settings)
            return [api, login, *(pass_over(name, "it takes a login") for name in rest[1:])]
        login = report(LOGIN, Code.OK, f"by {describe_credentials(credentials)}")
        return [api, login, *await self._check_records(records, token)]

    async def _check_records(self, records: Assistants, token: TokenSource) -> list[Finding]:
        posts = list_posts(self.settings)
        account, models, assistants = await asyncio.gather(
            _attempt(self.limit_s, records.get_account()),
            _attempt(self.limit_s, records.list_models()),
            asyncio.gather(*(_attempt(self.limit_s, records.get(post.assistant_id)) for post in posts)),
        )
        who = explain_account(account, choose_credentials(self.settings), self.settings)
        if isinstance(account, CodemieLoginFailed):
            return [who, *(pass_over(name, "it takes an account") for name in (MODELS, *(post.name for post in posts)))]
        found = [
            finding
            for post, assistant in zip(posts, assistants, strict=True)
            for finding in explain_assistant(post, assistant, models, self.settings)
        ]
        answers = await self._ask_all(posts, token) if self.is_asking else []
        return [who, explain_models(models, self.settings), *(found or [self._miss_assistants()]), *answers]

    async def _find_error(self, call: Awaitable[None]) -> CodemieError | None:
        outcome = await _attempt(self.limit_s, call)
        return outcome if isinstance(outcome, CodemieError) else None

    def _miss_assistants(self) -> Finding:
        problems = self.reading.find_problems(_IDS)
        return pass_over("assistants", problems[0] if problems else "the settings name none")

    async def _ask_all(self, posts: tuple[Post, ...], token: TokenSource) -> list[Finding]:
        once = self.settings.model_copy(update={"codemie_retry_attempts": 1})
        client = make_codemie_client(once, self.http, token)
        checks = (limit(f"answer of the {post.name}", _ask(client, post), limit_s=_ASK_LIMIT_S) for post in posts)
        return list(await asyncio.gather(*checks))


def list_posts(settings: Settings) -> tuple[Post, ...]:
    """List the assistants that are asked: the carrier, or the pair."""
    return tuple(_list_posts(settings))


def _list_posts(settings: Settings) -> Iterator[Post]:
    if carrier := settings.codemie_assistant_id:
        yield Post(name="carrier assistant", setting="CODEMIE_ASSISTANT_ID", assistant_id=carrier, is_carrier=True)
        return
    flow = Post(name="flow assistant", setting="CODEMIE_FLOW_ASSISTANT_ID", assistant_id="", is_carrier=False)
    page = Post(name="UI assistant", setting="CODEMIE_UI_ASSISTANT_ID", assistant_id="", is_carrier=False)
    for post, assistant_id in (
        (flow, settings.codemie_flow_assistant_id),
        (page, settings.codemie_ui_assistant_id),
    ):
        if assistant_id:
            yield replace(post, assistant_id=assistant_id)


async def _ask(client: CodemieClient, post: Post) -> Finding:
    """Ask, and leave no conversation behind; the answer itself is not looked at."""
    conversation_id = uuid.uuid4()
    question = Question(
        assistant_id=post.assistant_id,
        text=_QUESTION,
        conversation=lambda _: conversation_id,
        request_id=f"doctor-{conversation_id}",
        system_prompt=_PROMPT if post.is_carrier else None,
    )
    name = f"answer of the {post.name}"
    try:
        answer = await client.ask(question)
    except (CodemieError, ArtifactError) as error:
        return report(name, Code.ANSWER_FAILED, getattr(error, "reason", None) or error.code)
    finally:
        await _attempt(LIMIT_S, client.forget(conversation_id))
    return report(name, Code.OK, f"{len(answer.text)} characters")


async def _attempt(limit_s: float, call: Awaitable[T]) -> T | CodemieError:
    """Give what a call gives, or the error that it ends in."""
    try:
        async with asyncio.timeout(limit_s):
            return await call
    except CodemieError as error:
        return error
    except TimeoutError:
        return CodemieTimeout(f"nothing within {limit_s:g} s", reason="answer")
