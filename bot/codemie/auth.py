"""The one source of access to CodeMie: single-flight, ahead of expiry, once more when access is refused.

Keycloak gives client credentials no refresh token, and the local login has none: a token is renewed by
logging in again.
"""

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, assert_never

import httpx

from bot.codemie.login import (
    Access,
    ClientCredentials,
    Credentials,
    DevUser,
    LocalLogin,
    PasswordGrant,
    decipher_login_error,
    read_access,
    write_dev_access,
    write_grant,
)
from bot.codemie.pool import name_failure
from bot.errors import CodemieError, CodemieLoginFailed, CodemieRateLimited, CodemieUnavailable, SettingsError
from bot.ports import ignore

__all__ = ["Access", "ClientCredentials", "Credentials", "DevUser", "LocalLogin", "PasswordGrant", "TokenSource"]

T = TypeVar("T")
_LOCAL_LIFETIME_S: Final = 24 * 3600.0
_DEFAULT_LIFETIME_S: Final = 300.0
# A refused login is not repeated at once: the local login allows 5 tries in 15 minutes, Keycloak locks accounts.
_PAUSE_S: Final = 30.0
# No limit on waiting for a connection: while all are streaming, a login waits as long as a question would.
_TIMEOUT: Final = httpx.Timeout(15, connect=5, pool=None)
_OK: Final = 200


class TokenSource:
    """Gives access, and renews it ahead of its expiry; however many ask, one login is made.

    ``read`` gives the credentials of the moment, and is asked for each question: with others it logs in anew, and
    uses the access of before only while that fails. ``reload`` looks for others after a refusal. Does not close
    ``http``, which must keep no cookies: CodeMie's local login sets one, and a token beside it is refused as
    ambiguous.
    """

    def __init__(
        self,
        *,
        http: httpx.AsyncClient,
        api_url: str,
        credentials: Credentials,
        read: Callable[[], Credentials] | None = None,
        reload: Callable[[], Credentials] | None = None,
        note_login: Callable[[str], None] = ignore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._note_login = note_login
        self._http = http
        self._api_url = api_url
        self._credentials = credentials
        self._read = read
        self._reload = reload
        self._clock = clock
        self._lock = asyncio.Lock()
        self._access: Access | None = None
        self._granted_to: Credentials | None = None
        self._failure: CodemieError | None = None
        self._failed_at_s = 0.0
        self._failures = 0

    async def get(self) -> Access:
        """Give access that is not about to expire; CodemieLoginFailed, CodemieUnavailable or the like if none."""
        self._notice_others()
        return self._find_usable() or await self._obtain(refused=None)

    async def renew(self, refused: Access) -> Access:
        """Give access other than ``refused``: what another task has got meanwhile, or that of a new login."""
        return await self._obtain(refused=refused)

    async def use(self, call: Callable[[Access], Awaitable[T]]) -> T:
        """Call with access, and once more with other access if the first is refused."""
        access = await self.get()
        try:
            return await call(access)
        except CodemieLoginFailed:
            renewed = await self.renew(access)
        return await call(renewed)

    def _notice_others(self) -> None:
        """Log in anew where the credentials have been changed, whatever became of those of before."""
        if self._read is None or (credentials := self._read()) == self._credentials:
            return
        self._credentials, self._failure = credentials, None

    def _find_usable(self, *, refused: Access | None = None) -> Access | None:
        access = self._access
        is_ours = access is not None and access is not refused and self._granted_to == self._credentials
        return access if access and is_ours and self._clock() < access.renew_at_s else None

    async def _obtain(self, *, refused: Access | None) -> Access:
        failures = self._failures
        async with self._lock:
            if access := self._find_usable(refused=refused):
                return access
            if self._access is refused:
                self._access = None
            if failure := self._find_known_failure(since=failures):
                return self._fall_back(failure)
            try:
                self._access = await self._log_in_or_reload(is_refused=refused is not None)
            except CodemieError as error:
                self._note_failure(error)
                self._note_login(error.code)
                return self._fall_back(error)
            self._failure = None
            self._note_login("ok")
            return self._access

    def _note_failure(self, error: CodemieError) -> None:
        self._failure, self._failed_at_s = copy.copy(error), self._clock()
        self._failures += 1

    def _find_known_failure(self, *, since: int) -> CodemieError | None:
        """Share a failure with those who waited for it, and a refusal with those who come soon after."""
        if self._failure is None:
            return None
        is_lasting = (
            isinstance(self._failure, CodemieLoginFailed | CodemieRateLimited) or self._find_valid() is not None
        )
        is_recent = is_lasting and self._clock() < self._failed_at_s + _PAUSE_S
        is_known = self._failures != since or (is_recent and not self._take_new_credentials())
        return copy.copy(self._failure) if is_known else None

    def _fall_back(self, error: CodemieError) -> Access:
        """Keep to a token that has not expired yet while no other can be had."""
        if access := self._find_valid():
            return access
        raise error

    def _find_valid(self) -> Access | None:
        access = self._access
        return access if access and self._clock() < access.expires_at_s else None

    async def _log_in_or_reload(self, *, is_refused: bool) -> Access:
        """Log in, once more if that is refused and the credentials have changed since they were read."""
        if is_refused and isinstance(self._credentials, DevUser) and not self._take_new_credentials():
            raise CodemieLoginFailed("the development user is refused", reason="dev_user")
        try:
            return await self._log_in(self._credentials)
        except CodemieLoginFailed:
            if not self._take_new_credentials():
                raise
        return await self._log_in(self._credentials)

    def _take_new_credentials(self) -> bool:
        if self._reload is None:
            return False
        try:
            credentials = self._reload()
        except SettingsError:
            return False
        is_new = credentials != self._credentials
        self._credentials = credentials
        return is_new

    async def _log_in(self, credentials: Credentials) -> Access:
        access = await self._ask_for_access(credentials)
        self._granted_to = credentials
        return access

    async def _ask_for_access(self, credentials: Credentials) -> Access:
        match credentials:
            case DevUser():
                return write_dev_access(credentials)
            case LocalLogin():
                url = f"{self._api_url}/v1/local-auth/login"
                body = {"email": credentials.email, "password": credentials.password.get_secret_value()}
                response = await self._post(url, json_body=body)
            case ClientCredentials() | PasswordGrant():
                response = await self._post(credentials.token_url, form=write_grant(credentials))
            case _:
                assert_never(credentials)
        if response.status_code != _OK:
            raise decipher_login_error(response.status_code, response.headers, response.content)
        lifetime_s = _LOCAL_LIFETIME_S if isinstance(credentials, LocalLogin) else _DEFAULT_LIFETIME_S
        return read_access(response.content, now_s=self._clock(), lifetime_s=lifetime_s)

    async def _post(
        self, url: str, *, form: dict[str, str] | None = None, json_body: dict[str, str] | None = None
    ) -> httpx.Response:
        try:
            return await self._http.post(url, data=form, json=json_body, timeout=_TIMEOUT)
        except httpx.HTTPError as error:
            message = f"the login can't be reached: {type(error).__name__}"
            raise CodemieUnavailable(message, reason=name_failure(error, otherwise="login_connection")) from error
