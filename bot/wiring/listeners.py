"""The Bolt app with all its listeners."""

import logging
from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult

from bot.core.overview import Budgets
from bot.courtesy import Courtesy
from bot.erasing import Eraser
from bot.jobs import Jobs
from bot.lookups import Lookups
from bot.pauses import Pauses
from bot.previews.store import Previews
from bot.settings import Settings
from bot.slack.workspaces import Asked
from bot.wiring.installs import make_departures
from bot.wiring.outside import Outside
from handlers.actions import Actions
from handlers.administration import Administration, Oversight
from handlers.admission import Admission
from handlers.commands import Commands
from handlers.errors import Errors
from handlers.feedback import Feedback
from handlers.home import Home
from handlers.intake import Intake
from handlers.languages import Languages
from handlers.messages import Messages
from handlers.modals import Form, Modals
from handlers.payloads import read_team
from handlers.recents import Recents
from handlers.refining import Refining
from handlers.shortcuts import Shortcuts
from handlers.telling import Telling
from handlers.uninstalls import Uninstalls


def make_bolt_app(
    settings: Settings,
    *,
    outside: Outside,
    jobs: Jobs,
    lookups: Lookups,
    courtesy: Courtesy,
    erasures: Eraser,
    pauses: Pauses,
    links: Previews | None,
) -> AsyncApp:
    """Make the Bolt app with its listeners.

    ``process_before_response`` has Bolt acknowledge an event after its listener, which keeps the job, and not
    before. Signatures are checked by the HTTP route, over the raw bytes, before Bolt sees a request. Listeners are
    given our client in place of the copy that Bolt makes for each request, whose token no longer changes.
    """
    workspaces = outside.workspaces

    async def read_workspace(
        context: AsyncBoltContext,
        body: dict[str, object],
        next: Callable[[], Awaitable[object]],  # noqa: A002 - Bolt looks at the name
    ) -> None:
        context["team_id"] = read_team(body) or None  # Bolt's own reading knows no workspace of an organisation
        await next()

    async def authorize(context: AsyncBoltContext) -> AuthorizeResult:  # Bolt looks at the name, as above
        return await workspaces.authorize(Asked(team=context.team_id, enterprise=context.enterprise_id))

    app = AsyncApp(
        client=outside.client,
        before_authorize=read_workspace,
        authorize=authorize,
        logger=logging.getLogger("slack_bolt"),
        process_before_response=True,
        request_verification_enabled=False,
    )

    async def put_first(
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[object]],  # noqa: A002 - as above
    ) -> None:
        if context.team_id:
            context["client"] = workspaces.get(context.team_id).client
        with courtesy.request():
            await next()

    app.use(put_first)
    intake = Intake(
        min_chars=settings.prompt_min_chars,
        max_chars=settings.prompt_max_chars,
        default_language=settings.default_language,
    )
    admission = Admission(rules=settings.rules, find_people=lambda team: workspaces.get(team).people)
    languages = Languages(
        requests=lookups, find_locales=lambda team: workspaces.get(team).people, default=settings.default_language
    )
    telling = Telling(whispers=outside.response_urls)
    form = Form(intake=intake, languages=languages, admission=admission)
    recents = Recents(requests=lookups, links=links)
    oversight = Oversight(roster=settings.roster, pauses=pauses, requests=lookups, budgets=_choose_budgets(settings))
    home = Home(
        intake=intake,
        languages=languages,
        recents=recents,
        oversight=oversight,
        find_suggestions=lambda team: workspaces.get(team).suggestions,
    )
    for listeners in (
        Commands(intake=intake, jobs=jobs, form=form, recents=recents, admission=admission),
        Shortcuts(form=form, intake=intake, jobs=jobs, languages=languages, admission=admission, telling=telling),
        Modals(
            form=form, intake=intake, jobs=jobs, admission=admission, find_direct=outside.find_poster, telling=telling
        ),
        Refining(
            intake=intake,
            jobs=jobs,
            requests=lookups,
            languages=languages,
            admission=admission,
            telling=telling,
        ),
        Feedback(
            jobs=jobs,
            requests=lookups,
            admission=admission,
            telling=telling,
            language=settings.default_language,
        ),
        Messages(
            intake=intake,
            jobs=jobs,
            requests=lookups,
            languages=languages,
            admission=admission,
            recents=recents,
            find_nods=outside.find_poster,
            erasures=erasures,
        ),
        Actions(
            intake=intake,
            jobs=jobs,
            requests=lookups,
            admission=admission,
            telling=telling,
            erasures=erasures,
            language=settings.default_language,
        ),
        Uninstalls(departures=make_departures(workspaces, outside.installs), erasures=erasures),
        home,
        Administration(
            roster=settings.roster,
            pauses=pauses,
            home=home,
            telling=telling,
            language=settings.default_language,
        ),
        Errors(language=settings.default_language),
    ):
        listeners.register(app)
    return app


def _choose_budgets(settings: Settings) -> Budgets:
    return Budgets(team=settings.daily_limit_team, user=settings.daily_limit_user)
