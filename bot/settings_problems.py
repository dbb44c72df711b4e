"""What is wrong with settings, a line for each that has to be mended; never with its value."""

import base64
import io
import logging
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from dotenv.parser import parse_stream
from pydantic import ValidationError
from pydantic_settings.exceptions import SettingsError as UnreadableSource

_SQLITE: Final = "sqlite:///"
_POSTGRESQL: Final = "postgresql://"
_SHOWN_LINES: Final = 5
# https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4
_LABEL: Final = range(1, 64)
_HINTS = {
    "slack_bot_token": "the bot token of the Slack app, xoxb-…",
    "slack_signing_secret": "the Slack app's signing secret, for HTTP mode (or set SLACK_APP_TOKEN for Socket Mode)",
    "codemie_api_url": "the address of CodeMie's API, such as https://host/code-assistant-api",
    "codemie_auth_url": "the address of Keycloak, which the client credentials need",
}
KEY_HINT: Final = (
    "32 random bytes in base64, or several with commas between, the newest first; make one by "
    "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
)
_KEY_BYTES: Final = 32
# The forms of Slack's ids: https://docs.slack.dev/reference/objects/user-object/ , /conversation-object/
_PERSON_ID: Final = r"[UW][A-Z0-9]+"
ID_SETTINGS: Final = {
    "allowed_teams": (r"[TE][A-Z0-9]+", "ids of workspaces or organisations, such as T024BE7LD"),
    "allowed_channels": (r"[CGD][A-Z0-9]+", "ids of channels, such as C024BE91L"),
    "allowed_users": (_PERSON_ID, "ids of people, such as U02CQ0D1S"),
    "admin_users": (rf"([TE][A-Z0-9]+:)?{_PERSON_ID}", "ids of people, such as U02CQ0D1S or T024BE7LD:U02CQ0D1S"),
}
_SIGN_IN: Final = frozenset({"slack_client_id", "slack_client_secret"})


def normalise(values: Mapping[str, Any]) -> dict[str, Any]:
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


def describe_invalid(error: ValidationError) -> Iterator[str]:
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


def find_missing(values: Mapping[str, Any]) -> Iterator[str]:
    """Name what the settings that are there call for."""
    has = {name for name, value in values.items() if value not in (None, "")}
    yield from _find_missing_installs(has)
    if not has & {"slack_app_token", "slack_signing_secret"}:
        yield _describe_missing("slack_signing_secret")
    yield from _find_missing_credentials(has)
    if "codemie_assistant_id" not in has:
        pair = {"codemie_flow_assistant_id", "codemie_ui_assistant_id"}
        if not has & pair:
            yield (
                "CODEMIE_ASSISTANT_ID is missing: one assistant for both stages, which codemie-bot setup makes "
                "(or set CODEMIE_FLOW_ASSISTANT_ID and CODEMIE_UI_ASSISTANT_ID)"
            )
        else:
            yield from (f"{name.upper()} is missing: its counterpart is set" for name in sorted(pair - has))
    if "install_teams" not in has:
        yield from (
            f"{name.upper()} is missing: its counterpart is set" for name in sorted(_SIGN_IN - has) if _SIGN_IN & has
        )
    if (
        "public_url" in has
        and "install_teams" not in has
        and values.get("preview_access", "slack") == "slack"
        and not _SIGN_IN & has
    ):
        yield (
            "SLACK_CLIENT_ID is missing: with SLACK_CLIENT_SECRET it lets people sign in to previews "
            "(or set PREVIEW_ACCESS=link)"
        )
    url = values.get("database_url")
    if isinstance(url, str) and url and (problem := _find_database_problem(url)):
        yield f"DATABASE_URL is not valid: {problem}"


def _find_missing_installs(has: set[str]) -> Iterator[str]:
    """Name what is missing to be in any workspace at all."""
    if "install_teams" not in has:
        if "slack_bot_token" not in has:
            yield _describe_missing("slack_bot_token")
        return
    needed = {"slack_client_id", "slack_client_secret", "public_url"}
    yield from (f"{name.upper()} is missing: workspaces install the app by it" for name in sorted(needed - has))
    if "token_encryption_key" not in has:
        yield f"TOKEN_ENCRYPTION_KEY is missing: it locks the tokens of INSTALL_TEAMS; it is {KEY_HINT}"


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


def is_key(text: str) -> bool:
    """Tell whether a text is a key that tokens can be locked with: https://github.com/fernet/spec ."""
    try:
        return len(base64.b64decode(text.strip().encode(), altchars=b"-_", validate=True)) == _KEY_BYTES
    except ValueError:  # also for what is not ASCII
        return False


def describe_unreadable(error: UnreadableSource) -> str:
    """Name the secret whose file can't be read; pydantic-settings tells it in its words alone."""
    found = re.search(r'field "(\w+)"', str(error))
    name = found[1].upper() if found else "SECRETS_DIR"
    why = error.__cause__.strerror if isinstance(error.__cause__, OSError) else "it is not a text file in UTF-8"
    return f"{name} can't be read from its file: {why}"


def find_unread_lines(text: str) -> Iterator[str]:
    """Name the lines of an ``.env`` that hold no setting, in words that follow its name; never what stands in them."""
    lines = [
        binding.original.line + _count_blank_lines(binding.original.string)
        for binding in parse_stream(io.StringIO(text))
        if binding.error or (binding.value is None and ":" in (binding.key or ""))
    ]
    if lines:
        more = f" and {len(lines) - _SHOWN_LINES} more" if len(lines) > _SHOWN_LINES else ""
        listed = ", ".join(str(line) for line in lines[:_SHOWN_LINES])
        yield f"is not valid in line {listed}{more}: a line is NAME=value, and a quote that is opened is closed"


def _count_blank_lines(statement: str) -> int:
    """Count those before it, which the parser takes for its beginning."""
    return statement[: len(statement) - len(statement.lstrip())].count("\n")


@contextmanager
def muted_dotenv() -> Iterator[None]:
    """Keep python-dotenv from warning of lines that :func:`find_unread_lines` tells of."""
    logger = logging.getLogger("dotenv.main")
    was_muted = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = was_muted


def find_host_problem(host: str) -> str | None:
    """Tell why no connection can be tried to a host; ``None`` where it can."""
    if all(len(label) in _LABEL for label in host.removesuffix(".").split(".")):
        return None
    return "a part of its host's name is empty or longer than 63 characters"


def _find_database_problem(url: str) -> str | None:
    if url.startswith(_SQLITE):
        return _find_path_problem(url.removeprefix(_SQLITE))
    if not url.startswith(_POSTGRESQL):
        return "it starts with sqlite:/// or postgresql://"
    return _find_server_problem(url)


def _find_path_problem(path: str) -> str | None:
    if ":memory:" in path:
        return "a database in memory would keep nothing"
    return "it is sqlite:/// and the path of a file" if not path or "?" in path else None


def _find_server_problem(url: str) -> str | None:
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - slow, and few need it before the bot starts
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - as above

    try:
        host = make_url(url).host or ""
    except (ArgumentError, ValueError):  # the second for a port that is no number; both quote the address
        return "it is postgresql://USER:PASSWORD@HOST:PORT/NAME, where %40 stands for @ in a password, %2F for /"
    return find_host_problem(host) if host else None


def find_certificate_problem(path: Path) -> str | None:
    """Tell why a file of certificates can't be used, in words that follow its name; ``None`` where it can."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:  # before OSError, of which it is one; an empty file is this too
        return "is not valid: there is no certificate in it, in PEM"
    except OSError as error:
        return f"can't be read: {error.strerror}"
    return None


def read_ids(text: str | None) -> frozenset[str]:
    """Read a list of ids with commas or blanks between them."""
    return frozenset((text or "").replace(",", " ").split())


def find_id_problem(name: str, text: str | None) -> str | None:
    """Tell which entries of a list of ids are none, by their places; ``None`` where all are."""
    form, example = ID_SETTINGS[name]
    entries = (text or "").replace(",", " ").split()
    wrong = [str(place) for place, entry in enumerate(entries, start=1) if not re.fullmatch(form, entry)]
    if not wrong:
        return None
    which = f"entry {wrong[0]} is none" if len(wrong) == 1 else f"entries {', '.join(wrong)} are none"
    return f"it takes {example}, with commas between them; {which}"
