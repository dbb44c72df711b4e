"""What CodeMie's answers and failures mean for whoever sets the bot up. No I/O."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from bot.codemie.auth import ClientCredentials, Credentials, DevUser, LocalLogin, PasswordGrant
from bot.codemie.directory import Account, Assistant, Model, choose_model
from bot.doctor.causes import TLS_CODES, Cause, find_cause, has_proxy
from bot.doctor.codes import Code
from bot.doctor.findings import Finding, report
from bot.errors import (
    CodemieAccessDenied,
    CodemieBadGateway,
    CodemieError,
    CodemieLoginFailed,
    CodemieNotFound,
    CodemieRateLimited,
    CodemieTimeout,
)
from bot.settings import Settings

API: Final = "CodeMie API"
LOGIN: Final = "CodeMie login"
ACCOUNT: Final = "CodeMie account"
MODELS: Final = "CodeMie models"
_PREFIX: Final = "/code-assistant-api"
_TEMPLATES: Final = ("{{", "{%", "{#")
_REDIRECTS: Final = range(300, 400)
_OK: Final = 200
_NOT_FOUND: Final = 404
_UNAUTHORIZED: Final = 401
_API_WAYS: Final = {
    **TLS_CODES,
    Cause.TLS: Code.CODEMIE_TLS,
    Cause.PROXY: Code.CODEMIE_PROXY,
    Cause.OTHER: Code.CODEMIE_UNREACHABLE,
}
_LOGIN_WAYS: Final = {
    **TLS_CODES,
    Cause.TLS: Code.LOGIN_TLS,
    Cause.PROXY: Code.LOGIN_PROXY,
    Cause.OTHER: Code.LOGIN_UNREACHABLE,
}
# What stands for the reason where the login gives none.
_UNNAMED: Final = "login"
# Keycloak's words; a wrong secret of a known client is unauthorized_client, as is a grant it may not use.
_LOGIN_WORDS: Final = {
    "invalid_client": Code.LOGIN_CLIENT,
    "unauthorized_client": Code.LOGIN_CLIENT_NOT_ALLOWED,
    "invalid_grant": Code.LOGIN_PASSWORD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An assistant that the settings name: what it is for, and by which setting; a carrier takes the bot's prompts."""

    name: str
    setting: str
    assistant_id: str
    is_carrier: bool


def explain_api(error: CodemieError, settings: Settings, *, name: str = API) -> Finding:
    """Explain why the API did not answer as it should."""
    url = settings.codemie_api_url
    if isinstance(error, CodemieTimeout):
        return report(name, Code.TIMED_OUT, f"{url.host}: nothing in time")
    if error.status is None:
        return _explain_way(name, error, str(url), settings, ways=_API_WAYS)
    lack = "" if (url.path or "").rstrip("/").endswith(_PREFIX) else f", and the address lacks {_PREFIX}"
    return report(name, _choose_api_code(error), f"{url.host} answers {error.status}{lack}")


def _choose_api_code(error: CodemieError) -> Code:
    if isinstance(error, CodemieNotFound):
        return Code.CODEMIE_PATH
    if error.status == _UNAUTHORIZED or error.status in _REDIRECTS:
        return Code.CODEMIE_LOGIN_PAGE
    return Code.CODEMIE_FAILING if error.retryable else Code.CODEMIE_FOREIGN


def explain_login(error: CodemieError, credentials: Credentials, settings: Settings) -> Finding:
    """Explain why there is no token."""
    is_local = isinstance(credentials, LocalLogin)
    url = str(settings.codemie_api_url if is_local else settings.codemie_auth_url)
    answered = f"{url} answers {error.status or _OK}"
    match error:
        case CodemieLoginFailed():
            word = "" if error.reason in {None, _UNNAMED} else f": {error.reason}"
            return report(LOGIN, _choose_login_code(error, is_local=is_local), f"{answered}{word}")
        case CodemieRateLimited():
            return report(LOGIN, Code.LOGIN_TOO_OFTEN, answered)
        case CodemieBadGateway():
            return report(LOGIN, Code.LOGIN_FOREIGN, f"{url} answers {error.status or _OK} without a token")
        case CodemieTimeout():
            return report(LOGIN, Code.TIMED_OUT, f"{url}: nothing in time")
        case _ if error.status is not None:
            return report(LOGIN, Code.LOGIN_UNREACHABLE, answered)
        case _:
            return _explain_way(LOGIN, error, url, settings, ways=_LOGIN_WAYS)


def _choose_login_code(error: CodemieLoginFailed, *, is_local: bool) -> Code:
    if error.status == _NOT_FOUND:
        return Code.LOGIN_NOT_LOCAL if is_local else Code.LOGIN_PATH
    if is_local and error.status == _UNAUTHORIZED:
        return Code.LOGIN_PASSWORD
    return _LOGIN_WORDS.get(error.reason or "", Code.LOGIN_REFUSED)


def describe_credentials(credentials: Credentials) -> str:
    """Say in which way the bot logs in."""
    match credentials:
        case ClientCredentials():
            return "client credentials at Keycloak"
        case PasswordGrant():
            return "a user's password at Keycloak"
        case LocalLogin():
            return "a user's password at CodeMie itself"
        case DevUser():
            return "the header of a development server"
        case _:
            assert_never(credentials)


def explain_account(found: Account | CodemieError, credentials: Credentials, settings: Settings) -> Finding:
    """Tell who the account is and whether it is in its project."""
    match found:
        case CodemieLoginFailed():
            code = Code.DEV_USER_REFUSED if isinstance(credentials, DevUser) else Code.TOKEN_NOT_ACCEPTED
            return report(ACCOUNT, code, "CodeMie refuses who has logged in")
        case CodemieError():
            return explain_api(found, settings, name=ACCOUNT)
        case Account():
            return _judge_account(found, settings.codemie_project)


def _judge_account(account: Account, project: str | None) -> Finding:
    listed = ", ".join(account.projects) or "none"
    if project is not None and not account.has(project):
        return report(ACCOUNT, Code.PROJECT_FOREIGN, f"{account.name} is not in {project}, but in {listed}")
    if not account.projects and not account.is_admin:
        return report(ACCOUNT, Code.PROJECTS_NONE, f"{account.name} is in no project")
    return report(ACCOUNT, Code.OK, f"{account.name}, in {listed}")


def explain_models(found: Sequence[Model] | CodemieError, settings: Settings) -> Finding:
    """Tell which models there are, and whether the one of the settings is among them."""
    if isinstance(found, CodemieError):
        return explain_api(found, settings, name=MODELS)
    wanted, listed = settings.codemie_model, ", ".join(_list_names(found)) or "none"
    if wanted is not None and choose_model(found, wanted) is None:
        return report(MODELS, Code.MODEL_UNKNOWN, f"CODEMIE_MODEL is {wanted}; there are {listed}")
    return report(MODELS, Code.OK, listed)


def explain_assistant(
    post: Post, found: Assistant | CodemieError, models: Sequence[Model] | CodemieError, settings: Settings
) -> list[Finding]:
    """Tell whether an assistant is there for this account, and fit for what it is to do."""
    match found:
        case CodemieAccessDenied():
            return [report(post.name, Code.ASSISTANT_DENIED, f"{post.setting} is {post.assistant_id}")]
        case CodemieNotFound() if found.reason != "path":
            detail = f"{post.setting} is {post.assistant_id}: there is no such assistant"
            return [report(post.name, Code.ASSISTANT_NOT_FOUND, detail, setting=post.setting)]
        case CodemieError():
            return [explain_api(found, settings, name=post.name)]
        case Assistant():
            wrong = list(_judge_assistant(post, found, models))
            detail = f"{found.name} in {found.project}, model {found.model or 'of the server'}"
            return wrong or [report(post.name, Code.OK, detail)]


def _judge_assistant(post: Post, assistant: Assistant, models: Sequence[Model] | CodemieError) -> Iterator[Finding]:
    if post.is_carrier and assistant.extras:
        yield report(post.name, Code.ASSISTANT_NOT_BARE, f"it has {', '.join(assistant.extras)}")
    if not post.is_carrier and not assistant.system_prompt.strip():
        yield report(post.name, Code.ASSISTANT_PROMPT_MISSING, "it has no prompt of its own")
    if not post.is_carrier and any(mark in assistant.system_prompt for mark in _TEMPLATES):
        yield report(post.name, Code.ASSISTANT_PROMPT_TEMPLATE, "its prompt holds marks of a template")
    if not isinstance(models, CodemieError) and assistant.model and choose_model(models, assistant.model) is None:
        detail = f"its model is {assistant.model}; there are {', '.join(_list_names(models)) or 'none'}"
        yield report(post.name, Code.ASSISTANT_MODEL_UNKNOWN, detail)


def _list_names(models: Sequence[Model]) -> list[str]:
    return [model.name for model in models if model.is_usable]


def _explain_way(
    name: str, error: CodemieError, url: str, settings: Settings, *, ways: Mapping[Cause, Code]
) -> Finding:
    """Explain what was in the way to a host."""
    setting = "CODEMIE_API_URL" if url == str(settings.codemie_api_url) else "CODEMIE_AUTH_URL"
    cause = find_cause(error, is_proxied=has_proxy(url, settings))
    return report(name, ways.get(cause, ways[Cause.OTHER]), f"{url}: {cause}", setting=setting)
