"""CodeMie as the settings describe it: the pool, the client, the credentials, whom to ask."""

from collections.abc import Callable
from typing import Final

import httpx

from bot.asking import Addressee
from bot.codemie.assistants import Assistants
from bot.codemie.auth import ClientCredentials, Credentials, DevUser, LocalLogin, PasswordGrant, TokenSource
from bot.codemie.client import CodemieClient, Pool, Retries, Timeouts, open_http
from bot.core.ids import Role
from bot.core.instructions import FLOW_SYSTEM_PROMPT, PAGE_SYSTEM_PROMPT
from bot.credentials import LiveSettings
from bot.metrics import Metrics
from bot.network import Network
from bot.ports import ignore
from bot.settings import LOGIN_SETTINGS, NETWORK_SETTINGS, Settings

_DEFAULT_LOGIN_CLIENT: Final = "codemie-sdk"
# What has to be in order before anything can be asked of CodeMie.
CODEMIE_SETTINGS: Final = frozenset(name.upper() for name in LOGIN_SETTINGS | NETWORK_SETTINGS | {"codemie_api_url"})


def make_codemie_http(settings: Settings, network: Network) -> httpx.AsyncClient:
    """Make the pool of connections to CodeMie."""
    return open_http(
        pool=Pool(
            max_connections=settings.codemie_max_connections,
            max_keepalive=settings.codemie_max_keepalive_connections,
            keepalive_expiry_s=settings.codemie_keepalive_expiry_s,
        ),
        timeouts=_choose_timeouts(settings),
        network=network,
    )


def make_token_source(
    live: LiveSettings, http: httpx.AsyncClient, *, note_login: Callable[[str], None] = ignore
) -> TokenSource:
    """Make what gets access to CodeMie, with the credentials that ``live`` has at that moment."""
    return TokenSource(
        http=http,
        api_url=_find_api_url(live.get()),
        credentials=choose_credentials(live.get()),
        read=lambda: choose_credentials(live.get()),
        reload=lambda: choose_credentials(live.look()),
        note_login=note_login,
    )


def make_codemie_client(
    settings: Settings, http: httpx.AsyncClient, token: TokenSource, *, metrics: Metrics | None = None
) -> CodemieClient:
    """Make the CodeMie client on a pool of connections; its calls are counted where there are metrics."""
    return CodemieClient(
        http=http,
        api_url=_find_api_url(settings),
        token=token,
        notes=metrics,
        most_calls=settings.codemie_max_connections,
        timeouts=_choose_timeouts(settings),
        retries=Retries(
            attempts=settings.codemie_retry_attempts,
            initial_delay_s=settings.codemie_retry_initial_delay_s,
            max_delay_s=settings.codemie_retry_max_delay_s,
        ),
    )


def make_assistants(settings: Settings, http: httpx.AsyncClient, token: TokenSource) -> Assistants:
    """Make what looks up CodeMie's records."""
    return Assistants(http=http, api_url=_find_api_url(settings), token=token)


def choose_credentials(settings: Settings) -> Credentials:
    """Choose how to log in, by which settings are there; the settings have made sure that some are."""
    token_url = None
    if settings.codemie_auth_url:
        base = str(settings.codemie_auth_url).rstrip("/")
        token_url = f"{base}/realms/{settings.codemie_auth_realm}/protocol/openid-connect/token"
    if settings.codemie_username and settings.codemie_password:
        if token_url is None:
            return LocalLogin(email=settings.codemie_username, password=settings.codemie_password)
        return PasswordGrant(
            token_url=token_url,
            username=settings.codemie_username,
            password=settings.codemie_password,
            client_id=settings.codemie_client_id or _DEFAULT_LOGIN_CLIENT,
            client_secret=settings.codemie_client_secret,
        )
    if settings.codemie_client_id and settings.codemie_client_secret and token_url:
        return ClientCredentials(
            token_url=token_url,
            client_id=settings.codemie_client_id,
            client_secret=settings.codemie_client_secret,
        )
    return DevUser(user_id=settings.codemie_user_id or "")


def choose_addressees(settings: Settings) -> dict[Role, Addressee]:
    """Choose whom to ask: a carrier is told its role with every call, two assistants know theirs."""
    is_carrier = settings.codemie_assistant_id is not None
    return {
        Role.FLOW: Addressee(
            assistant_id=settings.flow_assistant_id, system_prompt=FLOW_SYSTEM_PROMPT if is_carrier else None
        ),
        Role.PAGE: Addressee(
            assistant_id=settings.page_assistant_id, system_prompt=PAGE_SYSTEM_PROMPT if is_carrier else None
        ),
    }


def _find_api_url(settings: Settings) -> str:
    return str(settings.codemie_api_url).rstrip("/")


def _choose_timeouts(settings: Settings) -> Timeouts:
    return Timeouts(
        connect_s=settings.codemie_connect_timeout_s,
        read_s=settings.codemie_read_timeout_s,
        answer_s=settings.codemie_answer_timeout_s,
    )
