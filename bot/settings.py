"""Settings: from the environment, ``.env`` and a folder of secrets; read once at start, checked in one run."""

import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from dotenv import dotenv_values
from pydantic import Field, HttpUrl, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableSource

from bot.core.admission import Roster, Rules
from bot.core.texts import Language
from bot.errors import SettingsError
from bot.proxies import read_proxy
from bot.settings_problems import (
    ID_SETTINGS,
    KEY_HINT,
    describe_invalid,
    describe_unreadable,
    find_certificate_problem,
    find_host_problem,
    find_id_problem,
    find_missing,
    find_unread_lines,
    is_key,
    muted_dotenv,
    normalise,
    read_ids,
)

_PositiveSeconds = Annotated[float, Field(gt=0)]
# Ten years; what no calendar holds would stop the erasing of what is old.
_PositiveDays = Annotated[float, Field(gt=0, le=3650)]
_PRINTABLE: Final = re.compile(r"[!-~]+")
_RATE: Final = re.compile(r"\s*(\d{1,6})\s*(?:/|per)\s*(second|minute|hour|day)s?\s*", re.IGNORECASE)
# Ids of workspaces and organisations: https://docs.slack.dev/reference/objects/team-object
_INSTALLER: Final = re.compile(r"[TE][A-Z0-9]+|\*")
_WINDOWS_S: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


# What is known of these groups together: how CodeMie is logged in to, and how anything outside is reached.
LOGIN_SETTINGS: Final = frozenset(
    {
        "codemie_auth_url",
        "codemie_auth_realm",
        "codemie_client_id",
        "codemie_client_secret",
        "codemie_username",
        "codemie_password",
        "codemie_user_id",
    }
)
NETWORK_SETTINGS: Final = frozenset({"https_proxy", "http_proxy", "no_proxy", "ssl_cert_file", "secrets_dir"})


class Settings(BaseSettings):
    """Every setting; its environment variable is the attribute's name in capitals."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, allow_inf_nan=False)

    slack_bot_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = None
    slack_api_url: HttpUrl = HttpUrl("https://slack.com/api/")
    install_teams: str | None = None
    token_encryption_key: SecretStr | None = None

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
    codemie_project: str | None = None
    codemie_model: str | None = None
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
    allowed_teams: str | None = None
    allowed_channels: str | None = None
    allowed_users: str | None = None
    allow_guests: bool = False
    allow_external: bool = False
    admin_users: str | None = None
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
    api_token: Annotated[SecretStr, Field(min_length=16)] | None = None
    https_proxy: SecretStr | None = None
    http_proxy: SecretStr | None = None
    no_proxy: str | None = None
    ssl_cert_file: Path | None = None
    otel_exporter_otlp_endpoint: HttpUrl | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] | None = None

    @property
    def rate(self) -> tuple[int, float]:
        """The rate limit: requests, and within how many seconds."""
        found = _RATE.fullmatch(self.rate_limit)
        return (int(found[1]), float(_WINDOWS_S[found[2].lower()])) if found else (0, 0.0)

    @property
    def rules(self) -> Rules:
        """Who may ask."""
        return Rules(
            teams=read_ids(self.allowed_teams),
            channels=read_ids(self.allowed_channels),
            users=read_ids(self.allowed_users),
            has_guests=self.allow_guests,
            has_strangers=self.allow_external,
        )

    @property
    def roster(self) -> Roster:
        """Who may pause the bot, and see everybody's jobs."""
        return Roster(admins=read_ids(self.admin_users))

    @property
    def database(self) -> str | None:
        """The address of the database; ``None`` for SQLite in ``DATA_DIR``."""
        return self.database_url.get_secret_value() if self.database_url else None

    @property
    def is_socket_mode(self) -> bool:
        """Whether Slack is reached through Socket Mode rather than by HTTP."""
        return self.slack_app_token is not None

    @property
    def welcome(self) -> frozenset[str]:
        """Who may install the app through OAuth, by ids of workspaces and organisations or ``*``; nobody if empty."""
        return frozenset(filter(None, re.split(r"[\s,]+", self.install_teams or "")))

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
        values = normalise(values)
        problems = list(find_missing(values))
        try:
            settings = handler(values)
            problems += _find_contradictions(settings)
        except ValidationError as error:
            problems = [*describe_invalid(error), *problems]
        if problems:
            raise SettingsError(tuple(dict.fromkeys(problems)))
        return settings


def load_settings(*, env_file: Path = Path(".env")) -> Settings:
    """Read the settings; raise :class:`~bot.errors.SettingsError` with one line for each that has to be mended."""
    secrets_dir, problems = find_secrets(env_file)
    try:
        with muted_dotenv():
            settings = Settings(_env_file=env_file, _secrets_dir=secrets_dir)
    except SettingsError as error:
        raise SettingsError((*problems, *error.problems)) from error
    except UnreadableSource as error:
        raise SettingsError((*problems, describe_unreadable(error))) from error
    if problems:
        raise SettingsError(problems)
    return settings


def find_secrets(env_file: Path) -> tuple[str | None, tuple[str, ...]]:
    """Find the folder of secrets, and say what is wrong with it and with the file that may name it."""
    text, problems = _read_env_file(env_file)
    with muted_dotenv():
        in_file = dotenv_values(stream=io.StringIO(text)).get("SECRETS_DIR")
    secrets_dir = (os.environ.get("SECRETS_DIR") or in_file or "").strip() or None  # noqa: TID251 - read here only
    if secrets_dir and not Path(secrets_dir).is_dir():
        return None, (*problems, "SECRETS_DIR is not a folder")
    return secrets_dir, problems


def _read_env_file(env_file: Path) -> tuple[str, tuple[str, ...]]:
    """Read the file, if there is one, and name its lines that hold no setting; a folder is all wrong."""
    try:
        text = env_file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return "", ()
    except IsADirectoryError:
        why = "it is a folder, as Docker makes where the file to mount was not there, or a virtual environment"
        return "", (f"{env_file.name} is not valid: {why}",)
    except UnicodeDecodeError as error:
        raise SettingsError((f"{env_file.name} is not a text file in UTF-8",)) from error
    except OSError as error:
        raise SettingsError((f"{env_file.name} can't be read: {error.strerror}",)) from error
    return text, tuple(f"{env_file.name} {problem}" for problem in find_unread_lines(text))


def _find_contradictions(settings: Settings) -> Iterator[str]:
    """Name the settings whose values can't be used, or not together."""
    if settings.prompt_min_chars > settings.prompt_max_chars:
        yield "PROMPT_MIN_CHARS is not valid: it is more than PROMPT_MAX_CHARS"
    if settings.rate[0] == 0:
        yield "RATE_LIMIT is not valid: it is a number from 1, / and second, minute, hour or day, such as 10/minute"
    for name in ("slack_bot_token", "slack_app_token", "api_token"):
        token: SecretStr | None = getattr(settings, name)
        if token is not None and not _PRINTABLE.fullmatch(token.get_secret_value()):
            yield f"{name.upper()} is not valid: it has blanks or characters that no header takes"
    yield from _find_install_problems(settings)
    if not (settings.codemie_user_id or "").isascii():
        yield "CODEMIE_USER_ID is not valid: a header takes ASCII only"
    for name in ID_SETTINGS:
        if problem := find_id_problem(name, getattr(settings, name)):
            yield f"{name.upper()} is not valid: {problem}"
    yield from _find_url_problems(settings)
    yield from _find_network_problems(settings)


def _find_install_problems(settings: Settings) -> Iterator[str]:
    """Name what nobody could install the app with."""
    if wrong := sorted(id_ for id_ in settings.welcome if not _INSTALLER.fullmatch(id_)):
        yield f"INSTALL_TEAMS is not valid: {len(wrong)} of its ids are no T… or E…, and it is not *"
    keys = settings.token_encryption_key
    if keys is not None and not all(map(is_key, keys.get_secret_value().split(","))):
        yield f"TOKEN_ENCRYPTION_KEY is not valid: {KEY_HINT}"


def _find_url_problems(settings: Settings) -> Iterator[str]:
    """Name the addresses that no request can be sent to as they stand."""
    for name in ("slack_api_url", "codemie_api_url", "codemie_auth_url", "public_url", "otel_exporter_otlp_endpoint"):
        url: HttpUrl | None = getattr(settings, name)
        if url is not None and (url.query or url.fragment or url.username or url.password):
            yield f"{name.upper()} is not valid: it has a name, a password, a query or a fragment"
        if url is not None and (problem := find_host_problem(url.host or "")):
            yield f"{name.upper()} is not valid: {problem}"


def _find_network_problems(settings: Settings) -> Iterator[str]:
    """Name what no connection could be made with; a missing authority would look like an outage of Slack's."""
    for name in ("https_proxy", "http_proxy"):
        proxy: SecretStr | None = getattr(settings, name)
        try:
            read_proxy(proxy.get_secret_value() if proxy else "http://none")
        except ValueError as error:
            yield f"{name.upper()} is not valid: {error}"
    if settings.ssl_cert_file is not None and (problem := find_certificate_problem(settings.ssl_cert_file)):
        yield f"SSL_CERT_FILE {problem}"
