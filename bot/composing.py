"""What a job shows of itself, as messages: made of the run alone."""

from collections.abc import Sequence

from bot.core.block_kit import Block, Message
from bot.core.blocks import build_anchor
from bot.core.controls import build_cancel
from bot.core.flow_blocks import Extras, build_flow, build_progress
from bot.core.models import Flow
from bot.core.texts import write_place
from bot.run import Run


def compose_status(run: Run, status: str, *, rows: Sequence[Block] = (), arriving: Flow | None = None) -> Message:
    """Compose the message that shows progress: the anchor, the first reply, or the flow that this became.

    ``arriving`` is what has been written so far of a flow that is not there yet.
    """
    job, flow = run.job, run.progress.flow
    if run.has_anchor:
        return build_anchor(
            language=job.language,
            user_name=job.address.user_name,
            prompt=job.request.prompt,
            status=status,
            arriving=arriving,
            rows=rows,
        )
    shown = flow if run.progress.has_posted_flow else arriving
    if shown:
        return compose_flow(run, shown, status, rows=rows)
    return build_progress(language=job.language, status=status, extras=_write_extras(run, rows=rows))


def compose_flow(run: Run, flow: Flow, status: str = "", *, rows: Sequence[Block] = ()) -> Message:
    """Compose the flow message, which shows the status too where there is no anchor."""
    return build_flow(flow, language=run.job.language, extras=_write_extras(run, status, rows=rows))


def list_rows(run: Run) -> list[Block]:
    """List what can be clicked while a job runs."""
    return [build_cancel(run.job_id, language=run.job.language)]


def write_stage(run: Run) -> str:
    """Say what a job does next, or that it waits for its turn."""
    if run.turn.number is not None:
        return write_turn(run, run.turn.number)
    return run.texts.making_page if run.progress.flow else run.texts.making_flow


def write_turn(run: Run, number: int | None) -> str:
    """Say where a job stands in line; ``None`` is behind the one before it in its thread."""
    if number is None:
        return run.texts.behind_thread
    return run.texts.in_line.format(place=write_place(run.job.language, number))


def _write_extras(run: Run, status: str = "", *, rows: Sequence[Block] = ()) -> Extras:
    discussion = run.progress.discussion
    return Extras(
        status=status,
        unused_files=run.job.unused_files,
        read=discussion.count if discussion else 0,
        version=run.progress.version,
        changes=run.changes,
        picture=run.picture,
        rows=rows,
    )
