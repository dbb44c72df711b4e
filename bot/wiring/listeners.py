"""The Bolt app with all its listeners."""

import logging
from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult

from bot.courtesy import Courtesy
from bot.erasing import Eraser
from bot.jobs import Jobs
from bot.lookups import Lookups
from bot.previews.store import Previews
from bot.settings import Settings
from bot.slack.locales import Locales
from bot.slack.suggestions import Suggestions
from bot.wiring.outside import Outside
from handlers.actions import Actions
from handlers.commands import Commands
from handlers.errors import Errors
from handlers.feedback import Feedback
from handlers.home import Home
from handlers.intake import Intake
from handlers.languages import Languages
from handlers.messages import Messages
from handlers.modals import Form, Modals
from handlers.recents import Recents
from handlers.refining import Refining
from handlers.shortcuts import Shortcuts
from handlers.telling import Telling


def make_bolt_app(
    settings: Settings,
    *,
    outside: Outside,
    jobs: Jobs,
    lookups: Lookups,
    courtesy: Courtesy,
    erasures: Eraser,
    links: Previews | None,
) -> AsyncApp:
    """Make the Bolt app with its listeners.

    ``process_before_response`` has Bolt acknowledge an event after its listener, which keeps the job, and not
    before. Signatures are checked by the HTTP route, over the raw bytes, before Bolt sees a request. Listeners are
    given our client in place of the copy that Bolt makes for each request, whose token no longer changes.
    """
    client, poster = outside.client, outside.poster

    async def authorize() -> AuthorizeResult:  # Bolt looks at the names of the arguments, and takes self for one
        return await outside.identity.authorize()

    app = AsyncApp(
        client=client,
        authorize=authorize,
        logger=logging.getLogger("slack_bolt"),
        process_before_response=True,
        request_verification_enabled=False,
    )

    async def put_first(
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[object]],  # noqa: A002 - Bolt looks at the name
    ) -> None:
        context["client"] = client
        with courtesy.request():
            await next()

    app.use(put_first)
    intake = Intake(
        min_chars=settings.prompt_min_chars,
        max_chars=settings.prompt_max_chars,
        default_language=settings.default_language,
    )
    languages = Languages(requests=lookups, locales=Locales(client=client), default=settings.default_language)
    telling = Telling(whispers=poster)
    form = Form(intake=intake, languages=languages)
    recents = Recents(requests=lookups, links=links)
    for listeners in (
        Commands(intake=intake, jobs=jobs, form=form, recents=recents),
        Shortcuts(form=form, intake=intake, jobs=jobs, languages=languages, telling=telling),
        Modals(form=form, intake=intake, jobs=jobs, direct=poster, telling=telling),
        Refining(intake=intake, jobs=jobs, requests=lookups, languages=languages, telling=telling),
        Feedback(jobs=jobs, requests=lookups, telling=telling, language=settings.default_language),
        Messages(
            intake=intake,
            jobs=jobs,
            requests=lookups,
            languages=languages,
            recents=recents,
            nods=poster,
            erasures=erasures,
        ),
        Actions(
            intake=intake,
            jobs=jobs,
            requests=lookups,
            telling=telling,
            erasures=erasures,
            language=settings.default_language,
        ),
        Home(intake=intake, languages=languages, recents=recents, suggestions=Suggestions(client=client)),
        Errors(language=settings.default_language),
    ):
        listeners.register(app)
    return app
