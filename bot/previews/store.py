"""Links to previews: who has one may open it until it is revoked, its time is over or its result is erased.

A link's token is made of the job's id with a secret key, so that it need not be kept to be shown again; the database
has its hash. Another key makes all links that were given out before worthless.
"""

import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.core.models import Result
from bot.database import Database
from bot.previews.seals import hash_token, is_token, make_token
from bot.results import Results
from bot.tables import MS, previews, results


@dataclass(frozen=True, slots=True, kw_only=True)
class Previews:
    """Makes, finds and ends links; every method may raise :class:`~bot.errors.StoreError`.

    ``key`` is a secret of 32 bytes or more, ``public_url`` the address that people reach this server at, and
    ``lifetime`` how long a link lasts, which is as long as results are kept.
    """

    database: Database
    results: Results
    key: bytes = field(repr=False)
    public_url: str
    lifetime: timedelta
    clock: Callable[[], float] = time.time

    async def make_url(self, job_id: str) -> str | None:
        """Return the address of a job's preview, always the same; ``None`` once it was revoked or has expired.

        The first call begins its lifetime; the result need not be there yet.
        """
        token = (await self.make_tokens([job_id])).get(job_id)
        return None if token is None else f"{self.public_url.rstrip('/')}/p/{token}"

    async def make_tokens(self, job_ids: Sequence[str]) -> dict[str, str]:
        """Return the tokens of these jobs' previews, without those that were revoked or have expired."""
        tokens = {job_id: make_token(self.key, job_id) for job_id in job_ids}
        live = await self._write(lambda connection: self._keep(connection, tokens))
        return {job_id: tokens[job_id] for job_id in job_ids if job_id in live}

    async def find(self, token: str) -> Result | None:
        """Find what a link leads to; an ended, an unknown and a malformed one take the same look-up."""
        return await self.find_by_hash(hash_token(token if is_token(token) else ""))

    async def find_by_hash(self, token_hash: str) -> Result | None:
        """Find what a link leads to by the hash of its token."""
        query = sa.select(previews.c.job_id).where(
            previews.c.token_hash == token_hash,
            previews.c.is_revoked.is_(False),
            previews.c.expires_at_ms > self._now_ms(),
        )
        job_id = await self.database.run(lambda connection: connection.execute(query).scalar())
        if job_id is None or not hmac.compare_digest(hash_token(make_token(self.key, job_id)), token_hash):
            return None
        return await self.results.find(job_id)

    async def revoke(self, job_id: str) -> None:
        """End a job's link for good, also one that was never asked for."""
        tokens = {job_id: make_token(self.key, job_id)}

        def revoke(connection: sa.Connection) -> set[str]:
            self._keep(connection, tokens)
            connection.execute(previews.update().where(previews.c.job_id == job_id).values(is_revoked=True))
            return set()

        await self._write(revoke)

    async def forget(self, job_ids: Sequence[str]) -> None:
        """Delete the links of jobs whose results are erased."""
        delete = previews.delete().where(previews.c.job_id.in_(job_ids))
        await self.database.run(lambda connection: connection.execute(delete))

    async def forget_expired(self) -> int:
        """Delete the links whose time is over, and return how many.

        One whose result is still there is kept, for it says that no other is to be made.
        """
        is_there = sa.select(results.c.job_id).where(results.c.job_id == previews.c.job_id).exists()
        delete = previews.delete().where(previews.c.expires_at_ms <= self._now_ms(), ~is_there)
        return await self.database.run(lambda connection: connection.execute(delete).rowcount)

    async def _write(self, work: Callable[[sa.Connection], set[str]]) -> set[str]:
        """Run a transaction again where another replica made the same rows meanwhile."""
        try:
            return await self.database.run(_raising_conflicts(work))
        except _Conflict:
            return await self.database.run(work)

    def _keep(self, connection: sa.Connection, tokens: dict[str, str]) -> set[str]:
        """Make the rows that are missing; return the jobs whose links are alive."""
        query = sa.select(previews).where(previews.c.job_id.in_(tokens))
        rows = {row.job_id: row for row in connection.execute(query)}
        expires_at_ms = self._now_ms() + int(self.lifetime.total_seconds() * MS)
        missing = [
            {
                "token_hash": hash_token(token),
                "job_id": job_id,
                "expires_at_ms": expires_at_ms,
                "is_revoked": False,
            }
            for job_id, token in tokens.items()
            if job_id not in rows
        ]
        if missing:
            connection.execute(previews.insert(), missing)
        for job_id, row in rows.items():
            _follow_key(connection, row, hash_token(tokens[job_id]))
        live = {job_id for job_id, row in rows.items() if not row.is_revoked and row.expires_at_ms > self._now_ms()}
        return live | (tokens.keys() - rows.keys())

    def _now_ms(self) -> int:
        return int(self.clock() * MS)


class _Conflict(Exception):
    """Another process has just made the same row."""


def _raising_conflicts(work: Callable[[sa.Connection], set[str]]) -> Callable[[sa.Connection], set[str]]:
    def run(connection: sa.Connection) -> set[str]:
        try:
            return work(connection)
        except IntegrityError as error:
            raise _Conflict from error

    return run


def _follow_key(connection: sa.Connection, row: Any, token_hash: str) -> None:  # noqa: ANN401 - a row of the table
    """Let a link of a former key be one of today's; it stays revoked, and as old as it is."""
    if row.token_hash != token_hash:
        update = previews.update().where(previews.c.token_hash == row.token_hash).values(token_hash=token_hash)
        connection.execute(update)
