"""Where people reach the bot: its public address, and whether previews work there."""

from collections.abc import Iterator
from html import escape
from typing import Final

import aiohttp

from bot.core.texts import Language, speak
from bot.doctor.causes import find_cause, has_proxy
from bot.doctor.codes import Code
from bot.doctor.findings import Finding, limit, pass_over, report
from bot.previews.frame import Notice
from bot.settings import Settings
from handlers.installs import INSTALLED_PATH

_NAME: Final = "public address"
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
# Below what a proxy lets in for people, which /health is not; no link has it, so that nobody is sent to sign in.
_PATH: Final = "/p/doctor"
_NOT_FOUND: Final = 404
# The notice begins with its title.
_MAX_BYTES: Final = 2_000
# Less than a check has, so that silence is a warning, as the rest here is.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=5)


async def check_public(settings: Settings, *, session: aiohttp.ClientSession) -> list[Finding]:
    """Look whether the bot answers at its public address, and whether previews can work there."""
    if settings.public_url is None:
        return [pass_over(_NAME, "PUBLIC_URL is not set, so there are no previews")]
    address = await limit(_NAME, _check_address(settings, session))
    return [address, *_check_previews(settings), *_check_installs(settings)]


async def _check_address(settings: Settings, session: aiohttp.ClientSession) -> Finding:
    url = f"{str(settings.public_url).rstrip('/')}{_PATH}"
    try:
        async with session.get(url, allow_redirects=False, timeout=_TIMEOUT) as response:
            is_ours = response.status == _NOT_FOUND and _is_notice(await response.content.read(_MAX_BYTES))
    except (TimeoutError, aiohttp.ClientError, OSError, UnicodeError) as error:
        cause = find_cause(error, is_proxied=has_proxy(url, settings))
        return report(_NAME, Code.PUBLIC_URL_UNREACHABLE, f"{url}: {cause}")
    if not is_ours:
        return report(_NAME, Code.PUBLIC_URL_FOREIGN, f"{url} answers {response.status}, not as the bot does")
    return report(_NAME, Code.OK, f"the bot answers at {url}, in its own words for what is not there")


def _is_notice(body: bytes) -> bool:
    """Tell whether it is the bot's own notice, as of its preview routes only."""
    titles = [escape(speak(language).notice_titles[Notice.NOT_FOUND]) for language in Language]
    return all(title.encode() in body for title in titles)


def _check_installs(settings: Settings) -> Iterator[Finding]:
    """Where workspaces install the app: Slack has to be told the address that it leads back to."""
    url = settings.public_url
    if not settings.welcome or url is None:
        return
    redirect = f"{str(url).rstrip('/')}{INSTALLED_PATH}"
    if url.scheme != "https" and url.host not in _LOCAL:
        yield report("installs", Code.INSTALLS_NEED_HTTPS, f"{redirect} is http")
    else:
        yield report("installs", Code.OK, f"the app's redirect URLs need {redirect}, which Slack alone can tell")


def _check_previews(settings: Settings) -> Iterator[Finding]:
    """Scripts are isolated, and cookies of signing in kept, by https or on this machine only."""
    url = settings.public_url
    is_safe = url is None or url.scheme == "https" or url.host in _LOCAL
    needs_it = settings.preview_scripts == "model" or settings.preview_access == "slack"
    if needs_it and not is_safe:
        wanted = f"PREVIEW_SCRIPTS={settings.preview_scripts}, PREVIEW_ACCESS={settings.preview_access}"
        yield report("previews", Code.PREVIEWS_NEED_HTTPS, f"PUBLIC_URL is http, with {wanted}")
    else:
        yield report("previews", Code.OK, f"for {settings.preview_access}, scripts {settings.preview_scripts}")
