"""Showing by editing: how far a job is, what became of it, and what can be clicked then.

An edit notifies nobody and does no harm twice. Showing progress must never be what ends a job.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from bot.composing import compose_flow, compose_status, list_rows, write_stage, write_turn
from bot.core.block_kit import Block, Message
from bot.core.controls import build_result_rows
from bot.core.models import Flow, Thread
from bot.errors import SlackError, StoreError
from bot.ports import MESSAGE_NOT_FOUND, Links, Poster
from bot.run import Run

_BLOCKS_REFUSED: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "invalid_arguments"})
# Slack takes a picture into a message some seconds after its upload.
_PICTURE_PAUSES_S: Final = (1.0, 2.0, 4.0)
_log: Final = structlog.get_logger("job")


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """Edits the messages of jobs; ``links`` is there where results have live previews."""

    poster: Poster
    links: Links | None = None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def show(self, run: Run, name: str, status: str) -> None:
        """Show how far the job is, in a step of its own, which may be skipped where Slack asks to wait."""
        await self._show(run, name, compose_status(run, status, rows=list_rows(run)), may_be_skipped=True)

    async def show_end(self, run: Run, name: str, status: str, *, rows: Sequence[Block] = ()) -> None:
        """Show what became of the job, which is to stay; only its failures may be tried again."""
        await self._show(run, name, compose_status(run, status, rows=rows), may_be_skipped=False)

    async def tick(self, run: Run, status: str, *, arriving: Flow | None = None) -> None:
        """Show in passing how far the job is, and what has arrived of its flow: no step, since it may be lost."""
        if run.progress.thread is not None:
            message = compose_status(run, status, rows=list_rows(run), arriving=arriving)
            is_there = await self.edit(message, thread=run.progress.thread, may_be_skipped=True)
            run.is_root_gone = run.has_anchor and not is_there

    async def show_place(self, run: Run, number: int | None) -> None:
        """Show where a job stands in line; ``None`` is behind the one before it in its thread."""
        await self._show_waiting(run, write_turn(run, number))

    async def show_stage(self, run: Run) -> None:
        """Show that a job goes on which had to wait."""
        await self._show_waiting(run, write_stage(run))

    async def show_work(self, run: Run) -> bool:
        """Show Slack's own sign that the bot is at work; tell whether it is there, and stays whatever is posted."""
        if run.progress.thread is None:
            return False
        text = run.texts.thinking_page if run.progress.flow else run.texts.thinking_flow
        return await self.poster.show_work(run.place, text=text, user=run.job.address.user)

    async def clear_work(self, run: Run) -> None:
        """Take that sign away."""
        run.signed_s = None
        if run.progress.thread is not None:
            await self.poster.clear_work(run.place)

    async def show_done(self, run: Run, timing: str) -> None:
        """Show that the job is done, and what can be done with its result: one step, for edits do no harm twice."""
        thread = run.progress.thread
        if thread is None:
            return

        async def edit() -> bool:
            if run.has_anchor:
                await self.edit(compose_status(run, timing), thread=thread, may_be_skipped=False)
            return await self._edit_result(run, thread, timing)

        await run.step("show_done", bool, edit)

    async def show_picture(self, run: Run, timing: str) -> None:
        """Show the flow once more, with a picture that has come late."""
        thread = run.progress.thread
        if thread is not None:
            await run.step("show_picture", bool, lambda: self._edit_result(run, thread, timing))

    async def find_preview(self, run: Run) -> str | None:
        """Find the address of the live preview; a result is shown without it rather than not at all."""
        try:
            return await self.links.make_url(run.job_id) if self.links else None
        except StoreError as error:
            _log.warning("preview_not_linked", reason=str(error))
            return None

    async def edit(self, message: Message, *, thread: Thread, may_be_skipped: bool) -> bool:
        """Edit a message and tell whether it is still there."""
        error = await self._try_to_edit(message, thread=thread, may_be_skipped=may_be_skipped)
        if error is not None:
            _log.warning("status_not_shown", code=error.code, reason=error.reason)
        return error is None or error.reason != MESSAGE_NOT_FOUND

    async def _show(self, run: Run, name: str, message: Message, *, may_be_skipped: bool) -> None:
        thread = run.progress.thread
        if thread is None:
            return
        is_there = await run.step(
            f"show_{name}", bool, lambda: self.edit(message, thread=thread, may_be_skipped=may_be_skipped)
        )
        run.is_root_gone = run.is_root_gone or (run.has_anchor and not is_there)

    async def _show_waiting(self, run: Run, status: str) -> None:
        """Show what a job waits for: no step, since it may be lost, and nothing after its first turn."""
        if run.progress.thread is not None and not run.has_begun:
            await self.tick(run, status)

    async def _edit_result(self, run: Run, thread: Thread, timing: str) -> bool:
        """Show the flow with all that belongs to a result, and tell whether that was done.

        With a picture it is tried until Slack takes that, and in plainer blocks where Slack takes no newer ones.
        """
        flow, flow_ts = run.progress.flow, run.progress.flow_ts
        if flow is None or flow_ts is None:
            return False
        where, url = thread.model_copy(update={"status_ts": flow_ts}), await self.find_preview(run)
        status = "" if run.has_anchor else timing
        for pause_s in (*(_PICTURE_PAUSES_S if run.picture else ()), 0.0):
            for is_plain in (False, True):
                rows = build_result_rows(run.job_id, language=run.job.language, preview_url=url, is_plain=is_plain)
                message = compose_flow(run, flow, status, rows=rows)
                error = await self._try_to_edit(message, thread=where, may_be_skipped=False)
                if error is None or error.reason not in _BLOCKS_REFUSED:
                    return _is_edited(error)
            await self.sleep(pause_s)
        return _is_edited(error)

    async def _try_to_edit(self, message: Message, *, thread: Thread, may_be_skipped: bool) -> SlackError | None:
        try:
            await self.poster.update(
                message, channel=thread.channel, ts=thread.status_ts, may_be_skipped=may_be_skipped
            )
        except SlackError as error:
            return error
        return None


def _is_edited(error: SlackError | None) -> bool:
    if error is not None:
        _log.warning("result_not_shown", code=error.code, reason=error.reason)
    return error is None
