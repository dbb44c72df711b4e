"""The whole examination: independent services at once, so that the slowest decides how long it takes."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.doctor.address import check_host
from bot.doctor.codemie import CodemieChecks
from bot.doctor.findings import Finding, Status, limit, limit_group, pass_over
from bot.doctor.machine import (
    check_data_dir,
    check_database,
    check_disk,
    check_env_file,
    check_settings,
    list_versions,
)
from bot.doctor.network import check_network
from bot.doctor.pictures import check_pictures
from bot.doctor.public import check_public
from bot.doctor.slack import SlackChecks
from bot.loose_settings import Reading
from bot.network import make_network, open_session
from bot.wiring.codemie import make_codemie_http

_ENV_FILE: Final = Path(".env")
_TIMEOUT_S: Final = 10.0


async def examine(
    reading: Reading,
    *,
    is_asking: bool = False,
    env_file: Path = _ENV_FILE,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Finding]:
    """Make every check that the settings allow; nothing that the bot keeps is changed."""
    settings = reading.settings
    groups = await asyncio.gather(
        _check_machine(reading, env_file=env_file),
        limit_group("pictures", check_pictures(settings)),
        _check_services(reading, is_asking=is_asking, now=now),
    )
    return [finding for group in groups for finding in group]


async def _check_services(reading: Reading, *, is_asking: bool, now: Callable[[], datetime]) -> list[Finding]:
    """Check what is reached over the network, unless nothing can be."""
    settings = reading.settings
    network = check_network(settings)
    if any(finding.status is Status.FAILED for finding in network):
        return [*network, *(pass_over(name, "it takes the network") for name in ("Slack", "public address", "CodeMie"))]
    ways = make_network(settings)
    async with open_session(ways, timeout_s=_TIMEOUT_S) as session, make_codemie_http(settings, ways) as http:
        groups = await asyncio.gather(
            limit_group("Slack", SlackChecks(reading=reading, session=session, now=now).check()),
            limit_group("public address", check_public(settings, session=session)),
            limit_group("CodeMie", CodemieChecks(reading=reading, http=http, is_asking=is_asking).check()),
        )
    return [*network, *(finding for group in groups for finding in group)]


async def _check_machine(reading: Reading, *, env_file: Path) -> list[Finding]:
    settings = reading.settings
    if reading.find_problems({"DATABASE_URL", "DATA_DIR"}):
        database = pass_over("database", "DATABASE_URL has to be mended first")
    else:
        database = await limit("database", check_database(settings))
    return [
        list_versions(),
        *check_settings(reading),
        *await asyncio.gather(
            limit("env file", asyncio.to_thread(check_env_file, env_file)),
            limit("data folder", asyncio.to_thread(check_data_dir, settings.data_dir)),
            limit("disk", asyncio.to_thread(check_disk, settings.data_dir)),
        ),
        database,
        await limit("address", asyncio.to_thread(check_host, settings.host)),
    ]
