"""The jobs as the settings describe them, and what erases and tidies up after them."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial

from bot.adoption import Adopter
from bot.asking import Asker
from bot.audience import NoAudience, ThreadAudience
from bot.core.views import build_bare_home
from bot.courtesy import Courtesy
from bot.editing import Editor
from bot.elsewhere import HomeBuilder
from bot.engine import WorkflowOwners
from bot.erasing import Eraser
from bot.erasures import Erasures
from bot.housekeeping import Housekeeper
from bot.jobs import Jobs
from bot.line import Line
from bot.metrics import Metrics
from bot.opinions import Opinions
from bot.pipeline import Pipeline
from bot.previews.compile import TailwindCompiler
from bot.previews.picture import Painter
from bot.previews.store import Previews
from bot.recalling import Recaller
from bot.runs import Runs
from bot.settings import Settings
from bot.showing import Display
from bot.slack.poster import SlackPoster
from bot.telling import Teller
from bot.traces import Traces
from bot.upgrading import SlackLeavings
from bot.wiring.codemie import choose_addressees
from bot.wiring.installs import make_departures
from bot.wiring.keeping import Keeping
from bot.wiring.outside import Outside
from bot.workflows import Workflows, open_client


def make_jobs(
    settings: Settings,
    *,
    kept: Keeping,
    outside: Outside,
    previews: Previews | None,
    painter: Painter,
    styles: TailwindCompiler,
    courtesy: Courtesy,
    metrics: Metrics,
    traces: Traces,
) -> Jobs:
    """Make the jobs of this process."""
    addressees = choose_addressees(settings)
    return Jobs(
        pipeline=Pipeline(
            asker=Asker(assistant=outside.codemie, addressees=addressees, note_reask=metrics.note_reask),
            find_thread=_make_audiences(outside.find_poster, previews=previews, painter=painter),
            nobody=NoAudience(),
            recaller=Recaller(
                memory=kept.results,
                calls=kept.ledger,
                find_poster=outside.find_poster,
                min_chars=settings.prompt_min_chars,
            ),
            shelf=kept.results,
            styles=styles,
            keeps_scripts=settings.preview_scripts == "model",
        ),
        find_poster=outside.find_poster,
        ledger=kept.ledger,
        line=Line(starts=kept.ledger, most_running=settings.max_concurrent_jobs),
        courtesy=courtesy,
        opinions=Opinions(
            ratings=outside.codemie,
            results=kept.results,
            assistants={role: addressee.assistant_id for role, addressee in addressees.items()},
            note_opinion=metrics.note_opinion,
        ),
        notes=metrics,
        traces=traces,
        leavings=SlackLeavings(
            workflows=Workflows(client=open_client(kept.engine)),
            results=kept.results,
            find_slack=outside.find_poster,
            conversations=outside.codemie,
            build_home=make_bare_homes(settings),
        ),
        runs=Runs(owners=WorkflowOwners(database=kept.database) if kept.lease else None),
    )


def make_bare_homes(settings: Settings) -> HomeBuilder:
    """Make what builds App Homes that show nothing of anybody's requests."""
    return partial(build_bare_home, min_chars=settings.prompt_min_chars, max_chars=settings.prompt_max_chars)


def make_eraser(settings: Settings, *, kept: Keeping, outside: Outside, jobs: Jobs) -> Eraser:
    """Make what erases people's data, everywhere."""
    return Eraser(
        erasures=Erasures(database=kept.database),
        results=kept.results,
        workflows=Workflows(client=open_client(kept.engine)),
        find_slack=outside.find_poster,
        conversations=outside.codemie,
        build_home=make_bare_homes(settings),
        stop=jobs.cancel,
        is_served=make_departures(outside.workspaces, outside.installs).is_served,
    )


def make_adopter(*, kept: Keeping, jobs: Jobs) -> Adopter | None:
    """Make what takes over from replicas that die, where there may be some."""
    if kept.lease is None:
        return None
    return Adopter(jobs=jobs, lease=kept.lease, workflows=Workflows(client=open_client(kept.engine)))


def make_housekeeper(
    settings: Settings, *, kept: Keeping, outside: Outside, jobs: Jobs, eraser: Eraser, previews: Previews | None
) -> Housekeeper:
    """Make what erases when the time is over."""
    return Housekeeper(
        jobs=jobs,
        ledger=kept.ledger,
        results=kept.results,
        eraser=eraser,
        conversations=outside.codemie,
        retention=timedelta(days=settings.retention_days),
        links=previews,
    )


def _make_audiences(
    find_poster: Callable[[str], SlackPoster], *, previews: Previews | None, painter: Painter
) -> Callable[[str], ThreadAudience]:
    """Make one audience for each workspace, when it is asked for: what is shown is counted there."""

    @cache
    def find(team: str) -> ThreadAudience:
        poster = find_poster(team)
        editor = Editor(poster=poster, links=previews)
        return ThreadAudience(
            teller=Teller(poster=poster, editor=editor),
            editor=editor,
            display=Display(editor=editor),
            painter=painter,
        )

    return find
