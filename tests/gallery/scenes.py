"""Every picture of the gallery, each made by the builders that the bot itself sends with.

A new message gets a picture by a method of ``Cast`` that yields its scene; ``list_scenes`` finds it by its name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gallery.samples import SAMPLES, Sample
from gallery.scene import (
    BOT,
    BOT_NAME,
    DESKTOP,
    OLENA,
    Json,
    Kind,
    Scene,
    bot_says,
    bot_shares,
    describe_file,
    person_says,
)

from bot.core.block_kit import Block, Message
from bot.core.blocks import (
    build_anchor,
    build_failure,
    build_help,
    build_notice,
    build_page,
    explain,
    write_files_comment,
    write_timing,
)
from bot.core.changes import compare_flows
from bot.core.controls import build_cancel, build_choice, build_result_rows, build_retry
from bot.core.flow_blocks import Extras, build_flow, build_progress
from bot.core.glances import Listed, build_status
from bot.core.models import Flow, Glance, State, Step
from bot.core.pages import PageReport
from bot.core.texts import Language, Texts, explain_error, speak, write_place, write_seconds
from bot.core.views import (
    PROMPT_INPUT,
    build_generate_modal,
    build_home,
    build_reason_modal,
    build_refine_modal,
)
from bot.errors import (
    ArtifactError,
    BotError,
    CodemieError,
    CodemieUnavailable,
    DailyLimitReached,
    JobError,
    SettingsError,
    SlackError,
    StoreError,
    SuspiciousPrompt,
    TooManyRequests,
    UnexpectedError,
)

_MIN_CHARS: Final = 10
_MAX_CHARS: Final = 2_000
_REFERENCE: Final = "7F3K2"
_JOB: Final = "job"
_PREVIEW: Final = "https://bot.example.org/p/token"
_ASKED_AT: Final = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
_WHOLE: Final = PageReport(fields_total=4, fields_found=4, missing_fields=(), missing_titles=(), has_lang=True)


def list_scenes(language: Language) -> tuple[Scene, ...]:
    """Return every scene in one language, in the order of the page that shows them."""
    cast = Cast(language=language)
    acts = (
        cast.show_request,
        cast.show_anchors,
        cast.show_results,
        cast.show_direct,
        cast.show_conversation,
        cast.show_modals,
        cast.show_whispers,
        cast.show_help,
        cast.show_refusals,
        cast.show_failures,
    )
    return tuple(scene.with_times() for act in acts for scene in act())


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The messages of one language."""

    language: Language

    @property
    def texts(self) -> Texts:
        """The bot's own words."""
        return speak(self.language)

    @property
    def sample(self) -> Sample:
        """What is asked for."""
        return SAMPLES[self.language]

    def show_request(self) -> Iterator[Scene]:
        """Show a request from the command to the result, on a wide screen."""
        done = write_timing(self.language, flow_s=8.4, page_s=21.3)
        anchor = bot_says(self._anchor(done))
        yield Scene(
            name="request-wide",
            caption="A finished request, in the channel and in its thread",
            kind=Kind.SPLIT,
            title="# product",
            under=self._thread_word,
            channel=({**anchor, "reply_count": 2},),
            messages=(anchor, bot_says(self._flow()), self._files(user=OLENA)),
            width=DESKTOP,
        )

    def show_anchors(self) -> Iterator[Scene]:
        """Show how far a slash command is, on the message that its thread hangs under."""
        texts = self.texts
        timing = write_timing(self.language, flow_s=8.4, page_s=21.3)
        made = texts.flow_made.format(seconds=write_seconds(self.language, 8.4))
        drawing = f"{made}\n{texts.seconds.format(status=texts.drawing_page, n=12)}"
        begun = self.sample.flow.model_copy(update={"steps": self.sample.flow.steps[:2]})
        writing = texts.seconds.format(status=texts.making_flow, n=6)
        retry = build_retry(_JOB, text=texts.try_again)
        anchors = {
            "line": ("A request that waits for its turn", self._wait(texts.in_line.format(place=self._second)), 0),
            "behind": ("A request that waits for the one before it", self._wait(texts.behind_thread), 0),
            "flow": ("`/generate` while the flow arrives", self._anchor(writing, self._cancel, arriving=begun), 0),
            "page": ("`/generate` at work on the page", self._wait(f"{drawing} {self._drawn}"), 1),
            "done": ("`/generate` done", self._anchor(timing), 2),
            "stopped": ("`/generate` that failed", self._anchor(texts.stopped), 1),
            "cancelled": ("`/generate` cancelled", self._anchor(texts.cancelled, retry), 0),
        }
        for name, (caption, message, replies) in anchors.items():
            shown = bot_says(message, **({"reply_count": replies} if replies else {}))
            yield self._in_channel(f"anchor-{name}", caption, shown)

    def show_results(self) -> Iterator[Scene]:
        """Show what a thread gets."""
        flow, anchor = self.sample.flow, bot_says(self._anchor(self.texts.making_page))
        yield self._in_thread("flow", "The flow, under the anchor", anchor, bot_says(self._flow()))
        yield self._in_thread("files", "The files, and who is told", anchor, self._files(user=OLENA))
        lacking = PageReport(
            fields_total=4,
            fields_found=2,
            missing_fields=tuple(field.label for field in (flow.steps[0].fields or ())[2:]),
            missing_titles=(flow.steps[1].title,),
            has_lang=True,
        )
        comment = write_files_comment(flow, lacking, language=self.language, user=OLENA, is_styled=False)
        files = bot_shares(comment, self._list_files())
        yield self._in_thread("files-lacking", "A page that lacks fields, a title and its styles", anchor, files)

    def show_direct(self) -> Iterator[Scene]:
        """Show a direct message and a mention, whose first reply becomes the flow."""
        asked = person_says(self.sample.prompt)
        mention = person_says(f"<@{BOT}> {self.sample.prompt}")
        progress = build_progress(
            language=self.language,
            status=self.texts.seconds.format(status=self.texts.making_flow, n=6),
            extras=Extras(unused_files=[self.sample.attachment], rows=[self._cancel]),
        )
        yield self._in_thread("mention", "A mention with an attachment, at work", mention, bot_says(progress))
        done = write_timing(self.language, flow_s=8.4, page_s=21.3)
        flow = build_flow(self.sample.flow, language=self.language, extras=Extras(status=done, rows=self._controls))
        yield self._in_thread("direct", "A direct message, done", asked, bot_says(flow), self._files(user=None))

    def show_conversation(self) -> Iterator[Scene]:
        """Show what follows a result: a change and what it changed, a question, a thread that was read."""
        flow = self.sample.flow
        asked, change = person_says(self.sample.prompt), person_says(self.sample.change)
        first = flow.model_copy(update={"steps": (_without_last_field(flow.steps[0]), *flow.steps[1:])})
        extras = Extras(status=self._timing, version=2, changes=compare_flows(first, flow), rows=self._controls)
        second = bot_says(build_flow(flow, language=self.language, extras=extras))
        comment = write_files_comment(flow, _WHOLE, language=self.language, user=None, is_styled=True, version=2)
        files = bot_shares(comment, self._list_files())
        yield self._in_thread("version", "A change, and what it changed", asked, change, second, files)
        question = build_notice(self.texts.refine_or_new, build_choice(_JOB, language=self.language))
        yield self._in_direct("question", "A change that does not say of what", change, bot_says(question))
        read = build_progress(language=self.language, status=self.texts.making_flow, extras=Extras(read=3))
        unread = build_progress(language=self.language, status=self.texts.making_flow, extras=Extras(read=None))
        yield self._in_thread("read", "A thread that was read", bot_says(read))
        yield self._in_thread("unread", "A thread that may not be read", bot_says(unread))
        erased = build_notice(self.texts.deleted)
        yield self._in_thread("deleted", "A result that was deleted", asked, bot_says(erased))

    def show_modals(self) -> Iterator[Scene]:
        """Show the modals, one of them with what is wrong in it."""
        short = explain_error(self.language, "prompt_too_short", limit=_MIN_CHARS)
        ask = build_generate_modal(language=self.language, min_chars=_MIN_CHARS, max_chars=_MAX_CHARS)
        refine = build_refine_modal(_JOB, language=self.language, max_chars=_MAX_CHARS)
        reason = build_reason_modal(_JOB, language=self.language)
        for name, caption, view in (
            ("modal", "`/generate` alone", ask),
            ("modal-short", "A description that is too short", {**ask, "errors": {PROMPT_INPUT: short}}),
            ("modal-refine", "*Refine…*", refine),
            ("modal-reason", "What was not good", reason),
        ):
            yield Scene(name=name, caption=caption, kind=Kind.MODAL, title="", view=view)

    def show_whispers(self) -> Iterator[Scene]:
        """Show what one person alone sees, where the bot may not write."""
        texts = self.texts
        page = build_page(self.sample.flow, self.sample.page, _WHOLE, language=self.language, is_styled=True)
        big = build_page(self.sample.flow, "x" * 9_000, _WHOLE, language=self.language, is_styled=True)
        here = build_notice(f"{texts.sent_here}\n{texts.making_flow}")
        yield self._whispered("moved", "The result goes to the DM", build_notice(texts.moved_to_dm))
        yield self._whispered("gone", "The message above the thread is gone", build_notice(texts.thread_gone))
        yield self._whispered("here", "The result comes here, as text", here, self._flow(), page)
        yield self._whispered("here-big", "The page is too big for that", big)
        yield self._whispered(
            "clicks", "A click that comes too soon or too late",
            build_notice(texts.still_running), build_notice(texts.nothing_to_retry),
        )  # fmt: skip

    def show_help(self) -> Iterator[Scene]:
        """Show the help, alone and after a greeting, and the App Home."""
        yield self._whispered("help", "`/generate help`", self._help())
        hello = person_says("hi" if self.language is Language.ENGLISH else "привіт")
        yield self._in_direct("greeting", "A greeting", hello, bot_says(self._help(self.texts.greeting)))
        form = person_says("a form" if self.language is Language.ENGLISH else "форма")
        short = explain_error(self.language, "prompt_too_short", limit=_MIN_CHARS)
        yield self._in_direct("too-short", "A request that is too short", form, bot_says(self._help(short)))
        status = build_status(self._list_recent(), language=self.language)
        yield self._whispered("status", "`/generate status`", status)
        yield Scene(
            name="home",
            caption="The App Home",
            kind=Kind.HOME,
            title=BOT_NAME,
            view=build_home(
                language=self.language,
                min_chars=_MIN_CHARS,
                max_chars=_MAX_CHARS,
                items=self._list_recent(),
                trouble="",
            ),
        )

    def show_refusals(self) -> Iterator[Scene]:
        """Show what is refused before there is a job."""
        limits = (TooManyRequests(limit=10, wait_s=42), DailyLimitReached(limit=200, wait_s=5 * 3600))
        notices = (
            explain_error(self.language, "prompt_too_long", limit=_MAX_CHARS),
            explain(SuspiciousPrompt(), language=self.language),
            *(explain(error, language=self.language) for error in limits),
            explain(StoreError(), language=self.language),
        )
        yield self._whispered("refused", "What is refused at once", *map(build_notice, notices))

    def show_failures(self) -> Iterator[Scene]:
        """Show how a job ends that fails, for every error of the tree."""
        for theme in ("light", "dark"):
            yield self._failed(f"failed-{theme}", f"A failure, {theme}", [CodemieUnavailable()], theme=theme)
        families: tuple[tuple[str, str, Sequence[type[BotError]]], ...] = (
            ("codemie", "CodeMie does not answer", tuple(CodemieError.walk())),
            ("artifact", "CodeMie's answer is of no use", tuple(ArtifactError.walk())),
            ("job", "The job itself can't go on", tuple(JobError.walk())),
            ("slack", "Slack does not take a message", tuple(SlackError.walk())),
            ("bot", "The bot itself is at fault", (UnexpectedError, SettingsError)),
        )
        for name, caption, family in families:
            yield self._failed(f"errors-{name}", caption, [error() for error in family])

    def _list_recent(self) -> list[Listed]:
        """List a request in each state."""
        names = (None, self.sample.flow.name, None, None)
        return [
            Listed(
                glance=Glance(
                    job_id=_JOB,
                    state=state,
                    prompt=self.sample.prompt,
                    name=name,
                    channel="C1",
                    thread_ts="1.1",
                    asked_at=_ASKED_AT,
                ),
                thread_url="https://example.slack.com/archives/C1/p11",
                preview_url=_PREVIEW if state is State.READY else None,
            )
            for state, name in zip(State, names, strict=True)
        ]

    @property
    def _timing(self) -> str:
        return write_timing(self.language, flow_s=8.4, page_s=21.3)

    @property
    def _thread_word(self) -> str:
        return "Thread" if self.language is Language.ENGLISH else "Гілка"

    @property
    def _second(self) -> str:
        return write_place(self.language, 2)

    @property
    def _drawn(self) -> str:
        return self.texts.screens_drawn.format(n=1, total=len(self.sample.flow.steps))

    def _wait(self, status: str) -> Message:
        return self._anchor(status, self._cancel)

    @property
    def _cancel(self) -> Block:
        return build_cancel(_JOB, language=self.language)

    @property
    def _controls(self) -> list[Block]:
        return build_result_rows(_JOB, language=self.language, preview_url=_PREVIEW, is_plain=False)

    def _anchor(self, status: str, *rows: Block, arriving: Flow | None = None) -> Message:
        return build_anchor(
            language=self.language,
            user_name="olena",
            prompt=self.sample.prompt,
            status=status,
            arriving=arriving,
            rows=rows,
        )

    def _flow(self) -> Message:
        return build_flow(self.sample.flow, language=self.language, extras=Extras(rows=self._controls))

    def _files(self, *, user: str | None) -> Json:
        comment = write_files_comment(self.sample.flow, _WHOLE, language=self.language, user=user, is_styled=True)
        return bot_shares(comment, self._list_files())

    def _list_files(self) -> list[Json]:
        flow = self.sample.flow.model_dump_json(exclude_none=True, indent=2).encode()
        return [describe_file("prototype.html", b"x" * 15_800), describe_file("flow.json", flow)]

    def _help(self, opening: str = "") -> Message:
        return build_help(language=self.language, min_chars=_MIN_CHARS, max_chars=_MAX_CHARS, opening=opening)

    def _in_channel(self, name: str, caption: str, *messages: Json) -> Scene:
        return Scene(name=name, caption=caption, kind=Kind.CHANNEL, title="# product", messages=messages)

    def _in_direct(self, name: str, caption: str, *messages: Json) -> Scene:
        return Scene(name=name, caption=caption, kind=Kind.DIRECT, title=BOT_NAME, messages=messages)

    def _in_thread(self, name: str, caption: str, *messages: Json, theme: str = "light") -> Scene:
        return Scene(
            name=name,
            caption=caption,
            kind=Kind.THREAD,
            title=self._thread_word,
            under="# product",
            messages=messages,
            theme=theme,
        )

    def _whispered(self, name: str, caption: str, *messages: Message) -> Scene:
        return self._in_channel(name, caption, *(bot_says(message, is_ephemeral=True) for message in messages))

    def _failed(self, name: str, caption: str, errors: Sequence[BotError], *, theme: str = "light") -> Scene:
        failures = [
            build_failure(error, language=self.language, reference=_REFERENCE, user=OLENA, job_id=_JOB)
            for error in errors
        ]
        anchor = bot_says(self._anchor(self.texts.stopped))
        return self._in_thread(name, caption, anchor, *map(bot_says, failures), theme=theme)


def _without_last_field(step: Step) -> Step:
    return step.model_copy(update={"fields": (step.fields or ())[:-1]})
