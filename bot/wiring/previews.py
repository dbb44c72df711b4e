"""Pictures and live previews as the settings describe them."""

from datetime import timedelta
from typing import Final

import aiohttp
import structlog

from bot.credentials import LiveSettings
from bot.keys import KeyName, find_key
from bot.ports import ignore
from bot.previews.painter_process import PictureLimits
from bot.previews.picture import NotePicture, Painter, find_chromium
from bot.previews.routes import SIGNED_IN_PATH, PreviewRoutes, make_routes
from bot.previews.sign_in import AUTHORIZE_URL, SlackSignIn
from bot.previews.store import Previews
from bot.settings import Settings
from bot.wiring.keeping import Keeping

_log: Final = structlog.get_logger("app")


async def make_previews(settings: Settings, kept: Keeping) -> Previews | None:
    """Make the links to live previews, where the server can be reached by people."""
    if settings.public_url is None:
        return None
    return Previews(
        database=kept.database,
        results=kept.results,
        key=await find_key(kept.database, KeyName.PREVIEWS),
        public_url=str(settings.public_url).rstrip("/"),
        lifetime=timedelta(days=settings.retention_days),
    )


def make_preview_routes(live: LiveSettings, previews: Previews, *, session: aiohttp.ClientSession) -> PreviewRoutes:
    """Make the routes that serve previews, to whom ``PREVIEW_ACCESS`` says."""
    settings, sign_in = live.get(), None
    if settings.preview_access == "slack" and settings.slack_client_id and settings.slack_client_secret:
        sign_in = SlackSignIn(
            http=session,
            client_id=settings.slack_client_id,
            client_secret=live.make_secret("slack_client_secret"),
            redirect_url=f"{previews.public_url}{SIGNED_IN_PATH}",
            key=previews.key,
            authorize_url=_find_authorize_url(settings),
            api_url=str(settings.slack_api_url),
        )
    return make_routes(previews, scripts=settings.preview_scripts, sign_in=sign_in)


def make_painter(settings: Settings, *, note_picture: NotePicture = ignore) -> Painter:
    """Make the painter of pictures, for whom as many may wait as there may be jobs."""
    limits = PictureLimits(waiting=settings.max_concurrent_jobs)
    return Painter(limits=limits, chromium=find_engine(settings), note_picture=note_picture)


def find_engine(settings: Settings) -> str | None:
    """Find the Chromium that draws pictures, if it is to; where there is none, Blitz draws them."""
    if settings.preview_engine != "chromium":
        return None
    chromium = find_chromium()
    if chromium is None:
        _log.warning("chromium_not_found")
    return chromium


def _find_authorize_url(settings: Settings) -> str:
    """Find where people sign in: Slack's own page, or the one beside another Web API."""
    api_url = str(settings.slack_api_url)
    is_slack = settings.slack_api_url.host == "slack.com"
    return AUTHORIZE_URL if is_slack else f"{api_url.removesuffix('api/')}openid/connect/authorize"
