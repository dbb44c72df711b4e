"""Settings: from the environment, ``.env`` and a folder of secrets; read once at start, checked in one run."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from dotenv import dotenv_values
from pydantic import Field, HttpUrl, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.core.texts import Language
from bot.errors import SettingsError

_DATABASE_SCHEMES = ("sqlite:///", "postgresql://")
_HINTS = {
    "slack_bot_token": "the bot token of the Slack app, xoxb-…",
    "slack_signing_secret": "the Slack app's signing secret, for HTTP mode (or set SLACK_APP_TOKEN for Socket Mode)",
    "codemie_api_url": "the address of CodeMie's API, such as https://host/code-assistant-api",
    "codemie_auth_url": "the address of Keycloak, which the client credentials need",
}
_SIGN_IN: Final = frozenset({"slack_client_id", "slack_client_secret"})
_PositiveSeconds = Annotated[float, Field(gt=0)]
_PositiveDays = Annotated[float, Field(gt=0)]
_RATE: Final = re.compile(r"\s*(\d{1,6})\s*(?:/|per)\s*(second|minute|hour|day)s?\s*", re.IGNORECASE)
_WINDOWS_S: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


class Settings(BaseSettings):
    """Every setting; its environment variable is the attribute's name in capitals."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, allow_inf_nan=False)

    slack_bot_token: SecretStr
    slack_signing_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = None
    slack_api_url: HttpUrl = HttpUrl("https://slack.com/api/")

    codemie_api_url: HttpUrl
    codemie_auth_url: HttpUrl | None = None
    codemie_auth_realm: str = "codemie"
    codemie_client_id: str | None = None
    codemie_client_secret: SecretStr | None = None
    codemie_username: str | None = None
    codemie_password: SecretStr | None = None
    codemie_user_id: str | None = None
    codemie_flow_assistant_id: str | None = None
    codemie_ui_assistant_id: str | None = None
    codemie_assistant_id: str | None = None
    codemie_max_connections: Annotated[int, Field(ge=1)] = 20
    codemie_max_keepalive_connections: Annotated[int, Field(ge=0)] = 10
    codemie_keepalive_expiry_s: _PositiveSeconds = 30
    codemie_connect_timeout_s: _PositiveSeconds = 5
    codemie_read_timeout_s: _PositiveSeconds = 90
    codemie_answer_timeout_s: _PositiveSeconds = 300
    codemie_retry_attempts: Annotated[int, Field(ge=1, le=10)] = 3
    codemie_retry_initial_delay_s: Annotated[float, Field(ge=0)] = 1
    codemie_retry_max_delay_s: Annotated[float, Field(ge=0)] = 10

    max_concurrent_jobs: Annotated[int, Field(ge=1)] = 20
    rate_limit: str = "10/minute"
    daily_limit_user: Annotated[int, Field(ge=1)] | None = None
    daily_limit_team: Annotated[int, Field(ge=1)] | None = None
    retention_days: _PositiveDays = 30

    prompt_min_chars: Annotated[int, Field(ge=1)] = 10
    prompt_max_chars: Annotated[int, Field(ge=1)] = 2000
    default_language: Language = Language.ENGLISH

    data_dir: Path = Path("data")
    database_url: SecretStr | None = None
    sqlite_synchronous: Literal["NORMAL", "FULL"] = "NORMAL"
    secrets_dir: Path | None = None

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 3000
    public_url: HttpUrl | None = None
    preview_access: Literal["slack", "link"] = "slack"
    preview_scripts: Literal["none", "model"] = "none"
    preview_engine: Literal["blitz", "chromium"] = "blitz"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] | None = None

    @property
    def rate(self) -> tuple[int, float]:
        """The rate limit: requests, and within how many seconds."""
        found = _RATE.fullmatch(self.rate_limit)
        return (int(found[1]), float(_WINDOWS_S[found[2].lower()])) if found else (0, 0.0)

    @property
    def is_socket_mode(self) -> bool:
        """Whether Slack is reached through Socket Mode rather than by HTTP."""
        return self.slack_app_token is not None

    @property
    def flow_assistant_id(self) -> str:
        """The assistant that is asked for flows."""
        return self.codemie_assistant_id or self.codemie_flow_assistant_id or ""

    @property
    def page_assistant_id(self) -> str:
        """The assistant that is asked for pages."""
        return self.codemie_assistant_id or self.codemie_ui_assistant_id or ""

    @model_validator(mode="wrap")
    @classmethod
    def _check_everything(cls, values: dict[str, Any], handler: Callable[[Any], Self]) -> Self:
        """Report what is missing together with what is malformed: one run shows all there is to mend."""
        values = _normalise(values)
        problems = list(_find_missing(values))
        try:
            settings = handler(values)
            problems += _find_contradictions(settings)
        except ValidationError as error:
            problems = [*_describe_invalid(error), *problems]
        if problems:
            raise SettingsError(tuple(dict.fromkeys(problems)))
        return settings


def load_settings(*, env_file: Path = Path(".env")) -> Settings:
    """Read the settings; raise :class:`~bot.errors.SettingsError` with one line for each that has to be mended."""
    problems: tuple[str, ...] = ()
    try:
        in_file = dotenv_values(env_file).get("SECRETS_DIR")
    except UnicodeDecodeError as error:
        raise SettingsError((f"{env_file.name} is not a text file in UTF-8",)) from error
    secrets_dir = (os.environ.get("SECRETS_DIR") or in_file or "").strip() or None  # noqa: TID251 - read here only
    if secrets_dir and not Path(secrets_dir).is_dir():
        problems, secrets_dir = ("SECRETS_DIR is not a folder",), None
    try:
        settings = Settings(_env_file=env_file, _secrets_dir=secrets_dir)
    except SettingsError as error:
        raise SettingsError((*problems, *error.problems)) from error
    if problems:
        raise SettingsError(problems)
    return settings


def _normalise(values: Mapping[str, Any]) -> dict[str, Any]:
    """Strip what was typed, take blank for missing, and take the words of a choice in any case."""
    stripped = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    fold = {
        "log_level": str.upper,
        "sqlite_synchronous": str.upper,
        "log_format": str.lower,
        "default_language": str.lower,
        "preview_access": str.lower,
        "preview_scripts": str.lower,
        "preview_engine": str.lower,
    }
    return {
        name: fold[name](value) if name in fold and isinstance(value, str) else value
        for name, value in stripped.items()
        if value != ""
    }


def _find_contradictions(settings: Settings) -> Iterator[str]:
    """Name the settings whose values can't be used, or not together."""
    if settings.prompt_min_chars > settings.prompt_max_chars:
        yield "PROMPT_MIN_CHARS is not valid: it is more than PROMPT_MAX_CHARS"
    if settings.rate[0] == 0:
        yield "RATE_LIMIT is not valid: it is a number from 1, / and second, minute, hour or day, such as 10/minute"
    if not (settings.codemie_user_id or "").isascii():
        yield "CODEMIE_USER_ID is not valid: a header takes ASCII only"
    for name in ("slack_api_url", "codemie_api_url", "codemie_auth_url", "public_url"):
        url: HttpUrl | None = getattr(settings, name)
        if url is not None and (url.query or url.fragment or url.username or url.password):
            yield f"{name.upper()} is not valid: it has a name, a password, a query or a fragment"


def _describe_invalid(error: ValidationError) -> Iterator[str]:
    """Name each setting that does not validate, without its value."""
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        if problem["type"] == "missing":
            yield _describe_missing(name)
        else:
            yield f"{name.upper()} is not valid: {problem['msg']}"


def _describe_missing(name: str) -> str:
    hint = _HINTS.get(name)
    return f"{name.upper()} is missing" + (f": {hint}" if hint else "")


def _find_missing(values: Mapping[str, Any]) -> Iterator[str]:
    """Name what the settings that are there call for."""
    has = {name for name, value in values.items() if value not in (None, "")}
    if not has & {"slack_app_token", "slack_signing_secret"}:
        yield _describe_missing("slack_signing_secret")
    yield from _find_missing_credentials(has)
    if "codemie_assistant_id" not in has:
        pair = {"codemie_flow_assistant_id", "codemie_ui_assistant_id"}
        if not has & pair:
            yield (
                "CODEMIE_ASSISTANT_ID is missing: one assistant for both stages "
                "(or set CODEMIE_FLOW_ASSISTANT_ID and CODEMIE_UI_ASSISTANT_ID)"
            )
        else:
            yield from (f"{name.upper()} is missing: its counterpart is set" for name in sorted(pair - has))
    yield from (
        f"{name.upper()} is missing: its counterpart is set" for name in sorted(_SIGN_IN - has) if _SIGN_IN & has
    )
    if "public_url" in has and values.get("preview_access", "slack") == "slack" and not _SIGN_IN & has:
        yield (
            "SLACK_CLIENT_ID is missing: with SLACK_CLIENT_SECRET it lets people sign in to previews "
            "(or set PREVIEW_ACCESS=link)"
        )
    url = values.get("database_url")
    if isinstance(url, str) and url and not url.startswith(_DATABASE_SCHEMES):
        yield "DATABASE_URL is not valid: it starts with sqlite:/// or postgresql://"


def _find_missing_credentials(has: set[str]) -> Iterator[str]:
    if "codemie_username" in has or "codemie_password" in has:
        yield from (
            f"{name.upper()} is missing: its counterpart is set"
            for name in ("codemie_username", "codemie_password")
            if name not in has
        )
    elif "codemie_client_id" in has or "codemie_client_secret" in has:
        yield from (
            f"{name.upper()} is missing: its counterpart is set"
            for name in ("codemie_client_id", "codemie_client_secret")
            if name not in has
        )
        if "codemie_auth_url" not in has:
            yield _describe_missing("codemie_auth_url")
    elif "codemie_user_id" not in has:
        yield (
            "CODEMIE_CLIENT_ID is missing: set it with CODEMIE_CLIENT_SECRET, or CODEMIE_USERNAME with "
            "CODEMIE_PASSWORD, or CODEMIE_USER_ID for a development server"
        )
