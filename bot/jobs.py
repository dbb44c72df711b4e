"""The durable job: kept under its key before anything is acknowledged, resumed after a crash."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from functools import partial
from types import NoneType
from typing import Any, Final, Protocol

import structlog
from dbos import DBOS, DBOSConfiguredInstance, SetWorkflowID, WorkflowStatus
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from bot.audit import note_act
from bot.cancellation import Cancellation
from bot.core.block_kit import Message
from bot.core.ids import is_retry, make_reference, make_thread_key, make_upgrade_key, make_verdict_key
from bot.core.instructions import INSTRUCTIONS_VERSION
from bot.core.models import Delivery, GenerateStatus, Job, Outcome, Progress, ReplyAddress, Verdict
from bot.courtesy import Courtesy
from bot.database import limited_wait
from bot.endings import Endings
from bot.engine import GENERATE, TELL, Past, list_known, list_unfinished, look_back, start_again
from bot.errors import JobError, JobKeepsCrashing, JobOutdated, LimitError, SlackError, StoreError, UnexpectedError
from bot.ledger import Ledger, Position
from bot.line import Line
from bot.opinions import Opinions
from bot.pipeline import Pipeline
from bot.ports import Mark, Place, Poster, Turn
from bot.run import Run
from bot.runs import Runs
from bot.steps import Drain, DurableSteps
from bot.store import JOB_VERSION, describe_failure
from bot.tables import State
from bot.traces import JobNote, NoTraces, Traces

# What the engine and the bot's own tables fail with: as a rule it passes.
_STORE_FAILURES: Final = (SQLAlchemyError, StoreError)
_log: Final = structlog.get_logger("job")
_STEP_GRACE_S: Final = 5.0
_KEEP_WAIT_S: Final = 2.0
_PROBE_WAIT_S: Final = 1.0
# The steps that open a thread; whoever has kept more has had a turn.
_OPENING_STEPS: Final = 2
# What a step may have to keep: stranded jobs go on when there is room for that.
_ROOM_BYTES: Final = 256 * 1024


class JobNotes(Protocol):
    """Where the ends of jobs are counted; never fails."""

    def note_job(self, surface: str, error: str | None, seconds: float) -> None:
        """Note the end of a job, by the code of the error that ended it."""
        ...

    def note_step(self, step: str, seconds: float) -> None:
        """Note a step that went well."""
        ...

    def note_refusal(self, code: str) -> None:
        """Note a request that was not taken, by the code of the error."""
        ...


class Leavings(Protocol):
    """What a version with other steps has left of a job in Slack."""

    async def find_progress(self, job_id: str, job: Job) -> Progress:
        """Find what is to be gone on with; raises StoreError."""
        ...

    async def take_back(self, job_id: str, job: Job) -> None:
        """Erase the rest, as far as Slack lets us; raises StoreError."""
        ...


@DBOS.dbos_class()
class Jobs(DBOSConfiguredInstance):
    """The jobs of this process; there is one instance, since DBOS is one a process."""

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        find_poster: Callable[[str], Poster],
        ledger: Ledger,
        line: Line,
        courtesy: Courtesy,
        opinions: Opinions,
        notes: JobNotes,
        traces: Traces | None = None,
        runs: Runs | None = None,
        leavings: Leavings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.runs = runs or Runs()
        self.leavings = leavings
        self.notes = notes
        self.traces = traces or NoTraces()
        self.pipeline = pipeline
        self.find_poster = find_poster
        self.ledger = ledger
        self.line = line
        self.opinions = opinions
        self.clock = clock
        self.drain = Drain(courtesy)
        self.endings = Endings()
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting: dict[str, asyncio.Task[None]] = {}
        self._abandoned: set[str] = set()
        self._stranded: set[str] = set()
        self.ended: dict[str, Outcome] = {}
        self._cancellations: dict[str, Cancellation] = {}
        self._reason = "starting"
        super().__init__("jobs")

    async def submit(self, key: str, job: Job, *, delivery: Delivery, refusal: LimitError | None = None) -> bool:
        """Keep a job under its key, committed when this returns, and start it; a known key starts nothing.

        A click is told by False that its key was known: it may have been made long after the first. With a ``refusal``
        a request that is not known is refused by that; its ids are kept, and nothing of what was asked.

        Raises :class:`~bot.errors.LimitError` where it is one too many, and :class:`~bot.errors.StoreError` where
        it could not be kept. A command is not sent again, so it must not run after its user was told that it
        does not; a click may be made again, so that its refusal is not remembered. A call is neither.
        """
        self._check_accepting()
        is_final = delivery in {Delivery.EVENT, Delivery.COMMAND}
        try:
            async with limited_wait(_KEEP_WAIT_S):
                if delivery is Delivery.CLICK and await list_known([key]):
                    return False
                before = await self.ledger.admit(
                    key, job.address, thread=_find_thread(job), is_final=is_final, refusal=refusal
                )
                if before != State.DONE:
                    traced = job.model_copy(update={"trace": self.traces.carry()})
                    await self._start(key, self.generate, traced.model_dump(mode="json"))
        except LimitError as error:
            self.notes.note_refusal(error.code)
            if not error.is_repeat:
                _note_request(key, job, decision=error.code)
            raise
        except StoreError as error:
            self.notes.note_refusal(error.code)
            _note_request(key, job, decision=error.code)
            if delivery in {Delivery.COMMAND, Delivery.CALL}:
                self._abandoned.add(key)
            self._hold(self._withdraw_unless_kept(key))
            raise
        if before is None:
            _note_request(key, job, decision="taken")
        return True

    async def submit_notice(
        self, key: str, message: Message, address: ReplyAddress, *, pending: Job | None = None
    ) -> None:
        """Keep one message to be posted, under the key of the message it answers.

        ``pending`` is the job that it asks about: see :meth:`find_pending`.
        """
        self._check_accepting()
        payload = {
            "text": message.text,
            "blocks": list(message.blocks),
            "address": address.model_dump(mode="json"),
            "pending": pending.model_dump(mode="json") if pending else None,
        }
        async with limited_wait(_KEEP_WAIT_S):
            await self._start(key, self.tell, payload)

    async def cancel(self, job_id: str, *, by: str) -> bool:
        """Stop a job, also after a restart; false where it has ended, or its result is delivered.

        It is kept before the job is told, so that whoever is told that it stops can rely on it.
        """
        async with limited_wait(_KEEP_WAIT_S):
            is_running = await self.ledger.cancel(job_id, by=by)
        cancellation = self._cancellations.get(job_id)
        return is_running and (cancellation is None or cancellation.request(by))

    async def attend(self) -> None:
        """Stop the jobs whose cancellation another replica was told, and those that another has taken over."""
        await self.runs.drop_lost()
        if self._cancellations:
            for job_id, by in (await self.ledger.list_cancellations(list(self._cancellations))).items():
                if cancellation := self._cancellations.get(job_id):
                    cancellation.request(by)

    async def begin_anew(self, job_id: str, kept_input: Any) -> None:  # noqa: ANN401 - as the engine has it
        """Ask again for what a version with other steps has not finished, which this one can't go on with."""
        if kept_input is not None:
            job = await self._go_on_from(job_id, Job.model_validate(kept_input["args"][-1]))
            await self._start(make_upgrade_key(job_id=job_id), self.generate, job.model_dump(mode="json"))
            _log.warning("job_begun_anew", job=make_reference(job_id))
        await DBOS.cancel_workflow_async(job_id)
        await self.ledger.finish(job_id)

    async def _go_on_from(self, job_id: str, job: Job) -> Job:
        if self.leavings is None:
            return job
        progress = await self.leavings.find_progress(job_id, job)
        return job.model_copy(update={"earlier": progress, "after": job_id})

    def strand(self, job_id: str) -> None:
        """Note a job that had to stop because a step's result could not be kept."""
        self._stranded.add(job_id)

    async def revive(self) -> None:
        """Start the stranded jobs again, if the store takes writes again."""
        if not self._stranded or not await self.ledger.is_writable(room_bytes=_ROOM_BYTES):
            return
        await self.ledger.note_stop(tuple(self._stranded))
        for job_id in tuple(self._stranded):
            await start_again(job_id)
            self._stranded.discard(job_id)
            _log.info("job_revived", job=make_reference(job_id))

    def accept(self) -> None:
        """Take jobs from now on."""
        self._reason = ""

    def refuse(self) -> None:
        """Take no more jobs: the process stops."""
        self._reason = "stopping"
        self.endings.stop()

    async def find_reasons(self) -> list[str]:
        """Name what keeps jobs from being taken."""
        if self._reason:
            return [self._reason]
        try:
            async with asyncio.timeout(_PROBE_WAIT_S):
                is_writable = await self.ledger.is_writable()
        except TimeoutError:
            is_writable = False
        return [] if is_writable else ["store"]

    def _check_accepting(self) -> None:
        if self._reason:
            raise StoreError(self._reason)

    async def submit_verdict(self, verdict: Verdict) -> None:
        """Keep what somebody thinks of a result, and hand it to CodeMie; a known one is left as it is."""
        self._check_accepting()
        key = make_verdict_key(
            job_id=verdict.job_id,
            user=verdict.user,
            is_good=verdict.is_good,
            has_comment=bool(verdict.comment),
        )
        async with limited_wait(_KEEP_WAIT_S):
            await self._start(key, self.rate, verdict.model_dump(mode="json"))

    @DBOS.workflow(name=GENERATE)
    async def generate(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Run one generation; returns an :class:`~bot.core.models.Outcome` as JSON."""
        job, job_id = Job.model_validate(payload), DBOS.workflow_id or ""
        if job_id in self._abandoned:
            await self.ledger.finish(job_id)
            return Outcome(error=StoreError.code).model_dump(mode="json")
        known = _log_context(job_id, job.address)
        with known, self._entering(job_id), self._tracing(job_id, job) as traced:
            past = await look_back(job_id, now_s=self.clock(), database=self.ledger.database)
            position = await self.ledger.find_position(job_id, job.address, kept_steps=past.kept_steps)
            traced.asked_at_s = asked_at_s = self.clock() - past.age_s
            _log_start(job, past)
            steps = self._make_steps(job_id, past, position, await self._find_cancellation(job_id))
            async with self.line.join(position) as turn, self._finishing(job_id, self._cancellations[job_id]):
                run = self._make_run(job_id, job, past, steps, turn)
                outcome = await self._run(run)
            self.notes.note_job(job.address.surface, outcome.error, self.clock() - asked_at_s)
            await self._end(run, outcome)
            traced.outcome = outcome.error or GenerateStatus.READY
            return outcome.model_dump(mode="json")

    @contextmanager
    def _entering(self, job_id: str) -> Iterator[None]:
        """Know of the job that runs in the current task; one that the store keeps from going on is started again."""
        with self.drain.job(), self.runs.entering(job_id):
            try:
                yield
            except _STORE_FAILURES as error:
                _log.error("job_stranded", exc_info=error)
                self.strand(job_id)
                raise asyncio.CancelledError from error

    def _make_steps(self, job_id: str, past: Past, position: Position, cancellation: Cancellation) -> DurableSteps:
        return DurableSteps(
            self.drain,
            cancellation=cancellation,
            runs=past.runs,
            new_in=self.ledger.database if past.is_first else None,
            kept=position.kept_steps,
            veto=_find_veto(past, position),
            strand=partial(self.strand, job_id),
            note_step=self.notes.note_step,
            traces=self.traces,
        )

    def _make_run(self, job_id: str, job: Job, past: Past, steps: DurableSteps, turn: Turn) -> Run:
        return Run(
            job_id=job_id,
            job=job,
            step=steps,
            turn=turn,
            has_begun=past.kept_steps > _OPENING_STEPS,
            note_call=partial(self.ledger.note_call, job_id, job.address),
            cancellation=self._cancellations[job_id],
            progress=job.earlier,
        )

    def _tracing(self, job_id: str, job: Job) -> AbstractContextManager[JobNote]:
        reference, address = make_reference(job_id), job.address
        return self.traces.job(job_id, job.trace, reference=reference, surface=address.surface, team=address.team)

    async def _end(self, run: Run, outcome: Outcome) -> None:
        """Do what is left after a job's turn; whoever asks for its outcome meanwhile is given that."""
        self.ended[run.job_id] = outcome
        try:
            await self.pipeline.end(run)
        except dbos_error.DBOSException:
            raise
        except Exception as error:  # noqa: BLE001 - the result is delivered
            _log.error("end_broke", exc_info=error)
        finally:
            self.ended.pop(run.job_id, None)
            self.endings.announce(run.job_id)

    @asynccontextmanager
    async def _finishing(self, job_id: str, cancellation: Cancellation) -> AsyncIterator[None]:
        """Enter the end of a job, however it ends; a stop of the process is none, nor that another has taken it over.

        Such a run may end here when the next one of its job has begun in the same process.
        """
        try:
            yield
        except _STORE_FAILURES:
            raise
        except Exception:
            await self.ledger.finish(job_id)
            raise
        finally:
            if self._cancellations.get(job_id) is cancellation:
                del self._cancellations[job_id]
        await self.ledger.finish(job_id)

    async def _find_cancellation(self, job_id: str) -> Cancellation:
        """Learn whether a job was stopped before this run of it, and hear of it from now on."""
        cancellation = self._cancellations[job_id] = Cancellation()
        cancellation.by = await self.ledger.find_cancellation(job_id) or cancellation.by
        return cancellation

    async def _run(self, run: Run) -> Outcome:
        try:
            if self.leavings is not None and (before := run.job.after) is not None:
                await run.step("take_back", NoneType, partial(self.leavings.take_back, before, run.job))
            return await self.pipeline.run(run)
        except dbos_error.DBOSException:
            raise
        except Exception as error:  # noqa: BLE001 - the top of a job: nothing may leave its user waiting
            _log.error("job_broke", exc_info=error)
            return await self.pipeline.fail(run, UnexpectedError())

    @DBOS.workflow(name=TELL)
    async def tell(self, payload: dict[str, Any]) -> None:
        """Post one message; not after a long stop, when nobody waits for it any more."""
        address = ReplyAddress.model_validate(payload["address"])
        message = Message(payload["text"], tuple(payload["blocks"]))
        job_id = DBOS.workflow_id or ""
        with _log_context(job_id, address), self._entering(job_id):
            past = await look_back(job_id, now_s=self.clock(), database=self.ledger.database)
            if past.is_outdated:
                return
            steps = DurableSteps(
                self.drain, cancellation=Cancellation(), runs=past.runs, strand=partial(self.strand, job_id)
            )

            async def post() -> str:
                mark = Mark(job_id=job_id, part="notice", is_repeat=past.runs > 1)
                place = Place(channel=address.channel, thread_ts=address.thread_ts)
                return await self.find_poster(address.team).post(message, place=place, mark=mark)

            try:
                await steps("post_notice", str, post)
            except SlackError as error:
                _log.warning("notice_not_posted", code=error.code, reason=error.reason)

    @DBOS.workflow(name="rate")
    async def rate(self, payload: dict[str, Any]) -> None:
        """Hand an opinion of a result to CodeMie, for each of its two answers."""
        verdict = Verdict.model_validate(payload)
        job_id = DBOS.workflow_id or ""
        reference = make_reference(verdict.job_id)
        with structlog.contextvars.bound_contextvars(job=reference), self._entering(job_id):
            steps = DurableSteps(self.drain, cancellation=Cancellation(), strand=partial(self.strand, job_id))
            await self.opinions.hand_over(verdict, steps)

    async def _start(self, key: str, workflow: Callable[[dict[str, Any]], Any], payload: dict[str, Any]) -> None:
        """Start a workflow under its key.

        The start itself is not cut short when nobody waits for it any more: were its row to be written later,
        nobody would run it until a restart.
        """

        async def start() -> None:
            with SetWorkflowID(key):
                await DBOS.start_workflow_async(workflow, payload)

        task = self._starting[key] = self._hold(start())
        task.add_done_callback(lambda _: self._starting.pop(key, None))
        await asyncio.shield(task)

    async def _withdraw_unless_kept(self, key: str) -> None:
        """Forget a request that was not kept, so that it counts against nobody; one delivered before may have been."""
        if start := self._starting.get(key):
            await asyncio.wait([start])
        if key not in await list_known([key]):
            await self.ledger.withdraw(key)

    def _hold(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)  # noqa: TID251 - held in _tasks until it ends
        self._tasks.add(task)
        task.add_done_callback(self._let_go)
        return task

    def _let_go(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.warning("not_kept", exc_info=error)


async def launch_jobs(jobs: Jobs) -> None:
    """Start the engine: unfinished jobs resume, on this event loop, in the order of the line."""
    try:
        DBOS.launch()
        if jobs.runs.owners is not None:  # what others have left is adopted: see bot/adoption.py
            jobs.accept()
            return
        unfinished = await list_unfinished()
        jobs.line.hold_for(await _settle(jobs.ledger, unfinished))
    except SQLAlchemyError as error:
        raise StoreError(describe_failure(error)) from error
    jobs.accept()
    for status in unfinished:
        if status.app_version != JOB_VERSION:
            await jobs.begin_anew(status.workflow_id, status.input if status.name == GENERATE else None)
    if unfinished:
        _log.info("resuming", jobs=len(unfinished))


async def _settle(ledger: Ledger, unfinished: Sequence[WorkflowStatus]) -> int:
    """Make the ledger agree with the engine; return how many jobs come back.

    A request whose job was never kept, since the process died between the two, is forgotten: when it is delivered
    again it stands behind those that came meanwhile.
    """
    current = {status.workflow_id for status in unfinished if status.app_version == JOB_VERSION}
    entered = await ledger.list_unfinished()
    await settle_strays(ledger, [job_id for job_id in entered if job_id not in current])
    return len(current.intersection(entered))


async def settle_strays(ledger: Ledger, job_ids: Sequence[str]) -> None:
    """End what the ledger takes to be unfinished and the engine does not; forget what that never had."""
    known = await list_known(job_ids)
    for job_id in job_ids:
        await (ledger.finish(job_id) if job_id in known else ledger.withdraw(job_id))


async def stop_jobs(jobs: Jobs) -> None:
    """Stop the engine; what is unfinished resumes at the next start."""
    running = jobs.line.close()
    await jobs.drain.close(grace_s=_STEP_GRACE_S)
    with suppress(StoreError):
        async with limited_wait(_KEEP_WAIT_S):
            await jobs.ledger.note_stop(running)
    await asyncio.to_thread(DBOS.destroy)


def _find_veto(past: Past, position: Position) -> JobError | None:
    """Choose why a job that starts again is not to go on, if it is not."""
    if position.is_convicted:
        return JobKeepsCrashing(f"crashed {position.crashes} times after {position.kept_steps} steps")
    return JobOutdated(f"asked for {past.age_s:.0f} s ago") if past.is_outdated else None


def _note_request(key: str, job: Job, *, decision: str) -> None:
    """Say in the audit stream who asked for what kind of thing, once for each request."""
    address = job.address
    note_act(
        "retry" if is_retry(key) else job.task,
        actor=address.user,
        object=make_reference(key),
        decision=decision,
        team=address.team,
        channel=address.channel,
        surface=address.surface,
    )


def _log_start(job: Job, past: Past) -> None:
    _log.info(
        "job_started",
        surface=job.address.surface,
        prompt_chars=len(job.request.prompt),
        instructions=INSTRUCTIONS_VERSION,
        run=past.runs,
    )


def _find_thread(job: Job) -> str | None:
    """Name the thread a job talks in, if it is there already."""
    where = job.earlier.thread
    if where is None:
        return job.address.thread_key
    return make_thread_key(team=job.address.team, channel=where.channel, thread_ts=where.thread_ts)


@contextmanager
def _log_context(job_id: str, address: ReplyAddress) -> Iterator[None]:
    with structlog.contextvars.bound_contextvars(
        job=make_reference(job_id), team=address.team, channel=address.channel, user=address.user
    ):
        yield
