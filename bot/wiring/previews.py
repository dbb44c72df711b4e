"""Pictures and live previews as the settings describe them."""

import hmac
from datetime import timedelta
from typing import Final

import aiohttp
import structlog

from bot.database import Database
from bot.previews.painter_process import PictureLimits
from bot.previews.picture import Painter, find_chromium
from bot.previews.routes import SIGNED_IN_PATH, PreviewRoutes, make_routes
from bot.previews.sign_in import AUTHORIZE_URL, SlackSignIn
from bot.previews.store import Previews
from bot.results import Results
from bot.settings import Settings

_log: Final = structlog.get_logger("app")


def make_previews(settings: Settings, *, database: Database, results: Results) -> Previews | None:
    """Make the links to live previews, where the server can be reached by people."""
    if settings.public_url is None:
        return None
    return Previews(
        database=database,
        results=results,
        key=_derive_key(settings),
        public_url=str(settings.public_url).rstrip("/"),
        lifetime=timedelta(days=settings.retention_days),
    )


def make_preview_routes(settings: Settings, previews: Previews, *, session: aiohttp.ClientSession) -> PreviewRoutes:
    """Make the routes that serve previews, to whom ``PREVIEW_ACCESS`` says."""
    sign_in = None
    if settings.preview_access == "slack" and settings.slack_client_id and settings.slack_client_secret:
        sign_in = SlackSignIn(
            http=session,
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret,
            redirect_url=f"{previews.public_url}{SIGNED_IN_PATH}",
            key=previews.key,
            authorize_url=_find_authorize_url(settings),
            api_url=str(settings.slack_api_url),
        )
    return make_routes(previews, scripts=settings.preview_scripts, sign_in=sign_in)


def make_painter(settings: Settings) -> Painter:
    """Make the painter of pictures, for whom as many may wait as there may be jobs."""
    limits = PictureLimits(waiting=settings.max_concurrent_jobs)
    return Painter(limits=limits, chromium=find_engine(settings))


def find_engine(settings: Settings) -> str | None:
    """Find the Chromium that draws pictures, if it is to; where there is none, Blitz draws them."""
    if settings.preview_engine != "chromium":
        return None
    chromium = find_chromium()
    if chromium is None:
        _log.warning("chromium_not_found")
    return chromium


def _derive_key(settings: Settings) -> bytes:
    """Derive the key of preview links from a secret that all replicas share; a new bot token ends links of before."""
    return hmac.digest(
        settings.slack_bot_token.get_secret_value().encode(), b"codemie-slack-bot preview links", "sha256"
    )


def _find_authorize_url(settings: Settings) -> str:
    """Find where people sign in: Slack's own page, or the one beside another Web API."""
    api_url = str(settings.slack_api_url)
    is_slack = settings.slack_api_url.host == "slack.com"
    return AUTHORIZE_URL if is_slack else f"{api_url.removesuffix('api/')}openid/connect/authorize"
