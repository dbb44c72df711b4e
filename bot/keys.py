"""The bot's own keys: each made once, and shared by all who use the database. They outlive the secrets of settings."""

import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.database import Database
from bot.tables import keys

_KEY_BYTES: Final = 32


class KeyName(StrEnum):
    """What a key is for: the links of previews, the names of the HTTP API's clients, the states of installs."""

    PREVIEWS = "previews"
    CLIENTS = "clients"
    INSTALLS = "installs"


async def find_key(
    database: Database, name: KeyName, *, make: Callable[[], bytes] = lambda: secrets.token_bytes(_KEY_BYTES)
) -> bytes:
    """Return the key of this name; one is made where there is none yet. Raises StoreError."""
    query = sa.select(keys.c.value).where(keys.c.name == name)

    def find(connection: sa.Connection) -> bytes | None:
        return connection.execute(query).scalar()

    def keep(connection: sa.Connection) -> None:
        try:
            with connection.begin_nested():
                connection.execute(keys.insert().values(name=name, value=make()))
        except IntegrityError:  # another process was faster
            return

    if (key := await database.run(find)) is None:
        await database.run(keep)
        key = await database.run(find)
    assert key is not None  # noqa: S101 - it is there by now
    return bytes(key)
