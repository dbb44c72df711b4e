"""The HTTP API as the settings describe it."""

from bot.api.access import Access
from bot.api.docs import make_docs
from bot.api.document import make_document
from bot.api.generations import Generations
from bot.api.health import Assistants, CodemieHealth
from bot.api.routes import ApiRoutes
from bot.credentials import LiveSettings
from bot.jobs import Jobs
from bot.keys import KeyName, find_key
from bot.lookups import Lookups
from bot.versions import find_version
from bot.wiring.keeping import Keeping


async def make_api_routes(
    live: LiveSettings, *, kept: Keeping, jobs: Jobs, lookups: Lookups, assistants: Assistants
) -> ApiRoutes:
    """Make the routes of the API; while there is no token, they say that it is not enabled."""
    settings = live.get()
    document = make_document(
        min_chars=settings.prompt_min_chars,
        max_chars=settings.prompt_max_chars,
        version=find_version(),
        server_url=str(settings.public_url or "/").rstrip("/") or "/",
    )
    return ApiRoutes(
        access=Access(read_token=lambda: live.get().api_token, key=await find_key(kept.database, KeyName.CLIENTS)),
        generations=Generations(
            jobs=jobs,
            requests=lookups,
            results=kept.results,
            endings=jobs.endings,
            min_chars=settings.prompt_min_chars,
            max_chars=settings.prompt_max_chars,
            language=settings.default_language,
        ),
        health=CodemieHealth(
            assistants=assistants,
            flow_assistant_id=settings.flow_assistant_id,
            page_assistant_id=settings.page_assistant_id,
            api_url=str(settings.codemie_api_url).rstrip("/"),
            language=settings.default_language,
        ),
        docs=make_docs(document),
    )
