"""The durable job: kept under its key before anything is acknowledged, resumed after a crash."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog
from dbos import DBOS, DBOSConfiguredInstance, SetWorkflowID, WorkflowHandleAsync
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from bot.core.blocks import Message
from bot.core.ids import make_reference
from bot.core.instructions import INSTRUCTIONS_VERSION
from bot.core.models import Job, Outcome, ReplyAddress
from bot.errors import SlackError, StoreError, UnexpectedError
from bot.pipeline import Pipeline, Run
from bot.ports import Mark, Place, Poster
from bot.steps import Drain, DurableSteps

_log: Final = structlog.get_logger("job")
_GENERATE: Final = "generate"
_STEP_GRACE_S: Final = 5.0
_KEEP_WAIT_S: Final = 2.0
_PROBE_WAIT_S: Final = 1.0
_END_WAIT_S: Final = 1.5
_END_POLL_S: Final = 0.05


@DBOS.dbos_class()
class Jobs(DBOSConfiguredInstance):
    """The jobs of this process; there is one instance, since DBOS is one a process."""

    def __init__(self, *, pipeline: Pipeline, poster: Poster) -> None:
        self.pipeline = pipeline
        self.poster = poster
        self.drain = Drain()
        self._starts: set[asyncio.Task[None]] = set()
        super().__init__("jobs")

    async def submit(self, key: str, job: Job) -> None:
        """Keep a job under its key, committed when this returns, and start it; a known key starts nothing.

        Raises :class:`~bot.errors.StoreError` where it could not be kept.
        """
        await self._start(key, self.generate, job.model_dump(mode="json"))

    async def submit_notice(self, key: str, message: Message, address: ReplyAddress) -> None:
        """Keep one message to be posted, under the key of the message it answers."""
        payload = {
            "text": message.text,
            "blocks": list(message.blocks),
            "address": address.model_dump(mode="json"),
        }
        await self._start(key, self.tell, payload)

    async def is_open(self) -> bool:
        """Tell whether the store answers."""
        try:
            async with asyncio.timeout(_PROBE_WAIT_S):
                await DBOS.get_workflow_status_async("no such job")
        except (SQLAlchemyError, OSError):
            return False
        return True

    async def find(self, job_id: str) -> tuple[Job, Outcome] | None:
        """Return a job and what it came to, or ``None`` for a job that is unknown, pruned or still running.

        The message with the button stands in the thread some milliseconds before the job's end is kept: a
        click in between waits for that.
        """
        status = await DBOS.get_workflow_status_async(job_id)
        if status is None or status.name != _GENERATE or status.input is None:
            return None
        handle: WorkflowHandleAsync[dict[str, Any]] = await DBOS.retrieve_workflow_async(job_id)
        try:
            async with asyncio.timeout(_END_WAIT_S):
                output = await handle.get_result(polling_interval_sec=_END_POLL_S)
        except (TimeoutError, dbos_error.DBOSException):
            return None
        return Job.model_validate(status.input["args"][-1]), Outcome.model_validate(output)

    @DBOS.workflow(name=_GENERATE)
    async def generate(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Run one generation; returns an :class:`~bot.core.models.Outcome` as JSON."""
        job, job_id = Job.model_validate(payload), DBOS.workflow_id or ""
        run = Run(job_id=job_id, job=job, step=DurableSteps(self.drain), progress=job.earlier)
        with self.drain.job(), _log_context(job_id, job.address):
            _log.info(
                "job_started",
                surface=job.address.surface,
                prompt_chars=len(job.request.prompt),
                instructions=INSTRUCTIONS_VERSION,
            )
            try:
                outcome = await self.pipeline.run(run)
            except dbos_error.DBOSException:
                raise
            except Exception as error:  # noqa: BLE001 - the top of a job: nothing may leave its user waiting
                _log.error("job_broke", exc_info=error)
                outcome = await self.pipeline.fail(run, UnexpectedError())
            return outcome.model_dump(mode="json")

    @DBOS.workflow(name="tell")
    async def tell(self, payload: dict[str, Any]) -> None:
        """Post one message."""
        address = ReplyAddress.model_validate(payload["address"])
        message = Message(payload["text"], tuple(payload["blocks"]))
        job_id = DBOS.workflow_id or ""

        steps = DurableSteps(self.drain)

        async def post() -> str:
            mark = Mark(job_id=job_id, part="notice", is_repeat=await steps.count_runs() > 1)
            place = Place(channel=address.channel, thread_ts=address.thread_ts)
            return await self.poster.post(message, place=place, mark=mark)

        with self.drain.job(), _log_context(job_id, address):
            try:
                await steps("post_notice", str, post)
            except SlackError as error:
                _log.warning("notice_not_posted", code=error.code, reason=error.reason)

    async def _start(self, key: str, workflow: Callable[[dict[str, Any]], Any], payload: dict[str, Any]) -> None:
        """Start a workflow under its key; a locked database, which DBOS waits for without end, is not waited for.

        The start itself is not cut short: were its row to be written later, nobody would run it until a restart.
        """

        async def start() -> None:
            with SetWorkflowID(key):
                await DBOS.start_workflow_async(workflow, payload)

        task = asyncio.create_task(start())  # noqa: TID251 - held in _starts until it ends
        self._starts.add(task)
        task.add_done_callback(self._forget_start)
        try:
            await asyncio.wait_for(asyncio.shield(task), _KEEP_WAIT_S)
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(type(error).__name__) from error

    def _forget_start(self, task: asyncio.Task[None]) -> None:
        self._starts.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.warning("not_kept", exc_info=error)


async def launch_jobs() -> None:
    """Start the engine: unfinished jobs resume, on this event loop."""
    try:
        DBOS.launch()
    except SQLAlchemyError as error:
        raise StoreError(f"the database can't be opened: {type(error).__name__}") from error


async def stop_jobs(jobs: Jobs) -> None:
    """Stop the engine; what is unfinished resumes at the next start."""
    await jobs.drain.close(grace_s=_STEP_GRACE_S)
    await asyncio.to_thread(DBOS.destroy)


@contextmanager
def _log_context(job_id: str, address: ReplyAddress) -> Iterator[None]:
    with structlog.contextvars.bound_contextvars(
        job=make_reference(job_id), team=address.team, channel=address.channel, user=address.user
    ):
        yield
