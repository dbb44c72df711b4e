"""Secrets that the database keeps: locked with a key that it does not have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cryptography import fernet
from pydantic import SecretStr

_SEPARATOR = "\n"


class Locked(Exception):
    """No key opens it, or it was locked for something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A secret; ``is_current`` is false where an older key than the first has opened it."""

    secret: SecretStr
    is_current: bool


class Vault:
    """Locks with the first key and opens with any, so that a new one can be put before the old.

    What is locked carries what it is for, so that one row's secret does not open in another's place.
    """

    def __init__(self, keys: Sequence[bytes | str]) -> None:
        self._first = fernet.Fernet(keys[0])
        self._all = fernet.MultiFernet([fernet.Fernet(key) for key in keys])

    @classmethod
    def from_setting(cls, keys: SecretStr) -> Self:
        """Make it of keys with commas between, as ``TOKEN_ENCRYPTION_KEY`` has them."""
        return cls([key.strip() for key in keys.get_secret_value().split(",")])

    def lock(self, secret: SecretStr, *, purpose: str) -> str:
        """Lock a secret."""
        return self._first.encrypt(f"{purpose}{_SEPARATOR}{secret.get_secret_value()}".encode()).decode()

    def open(self, locked: str, *, purpose: str) -> Opened:
        """Open a secret; raises Locked."""
        text, is_current = self._decrypt(locked.encode())
        kept_for, _, secret = text.decode().partition(_SEPARATOR)
        if kept_for != purpose:
            raise Locked(purpose)
        return Opened(secret=SecretStr(secret), is_current=is_current)

    def _decrypt(self, locked: bytes) -> tuple[bytes, bool]:
        try:
            return self._first.decrypt(locked), True
        except fernet.InvalidToken:
            pass
        try:
            return self._all.decrypt(locked), False
        except fernet.InvalidToken as error:
            raise Locked from error
