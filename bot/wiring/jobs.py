"""The jobs as the settings describe them, and what erases and tidies up after them."""

from datetime import timedelta

from bot.asking import Asker
from bot.audience import NoAudience, ThreadAudience
from bot.courtesy import Courtesy
from bot.editing import Editor
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
from bot.settings import Settings
from bot.showing import Display
from bot.telling import Teller
from bot.traces import Traces
from bot.wiring.codemie import choose_addressees
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
    courtesy: Courtesy,
    metrics: Metrics,
    traces: Traces,
) -> Jobs:
    """Make the jobs of this process."""
    addressees = choose_addressees(settings)
    return Jobs(
        pipeline=Pipeline(
            asker=Asker(assistant=outside.codemie, addressees=addressees, note_reask=metrics.note_reask),
            thread=_make_thread_audience(outside, previews=previews, painter=painter),
            nobody=NoAudience(),
            recaller=Recaller(
                memory=kept.results, calls=kept.ledger, poster=outside.poster, min_chars=settings.prompt_min_chars
            ),
            shelf=kept.results,
            styles=TailwindCompiler(),
            keeps_scripts=settings.preview_scripts == "model",
        ),
        poster=outside.poster,
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
    )


def make_eraser(*, kept: Keeping, outside: Outside, jobs: Jobs) -> Eraser:
    """Make what erases people's data, everywhere."""
    return Eraser(
        erasures=Erasures(database=kept.database),
        results=kept.results,
        workflows=Workflows(client=open_client(kept.engine)),
        slack=outside.poster,
        conversations=outside.codemie,
        stop=jobs.cancel,
    )


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


def _make_thread_audience(outside: Outside, *, previews: Previews | None, painter: Painter) -> ThreadAudience:
    editor = Editor(poster=outside.poster, links=previews)
    return ThreadAudience(
        teller=Teller(poster=outside.poster, editor=editor),
        editor=editor,
        display=Display(editor=editor),
        painter=painter,
    )
