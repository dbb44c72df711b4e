"""Structured logs: one line an event, with ids, durations and counts; never prompts, answers or secrets."""

import logging
import sys
from typing import Any, Final, Literal

import structlog

# These libraries write payloads, URLs with tickets or results of steps into their messages.
_TALKATIVE: Final = ("httpx", "httpcore", "slack_sdk", "aiohttp", "asyncio", "sqlalchemy", "dbos")
# Bolt warns of a token in the environment, which it does not need, and of events nobody listens to.
_NOISY: Final = ("slack_bolt",)

# What asyncio and aiohttp say through the event loop's exception handler where there is no exception to name, nor a
# place: a line that quotes nothing, before others that do.
_FIXED_WORDS: Final = frozenset(
    {
        "Task was destroyed but it is pending!",
        "Unclosed client session",
        "Unclosed connection",
        "Unclosed connector",
        "Unclosed response",
    }
)


def configure_logging(*, level: str, log_format: Literal["json", "console"] | None) -> None:
    """Send structlog and the libraries' warnings to standard error; ``None`` chooses by what that is."""
    is_console = log_format == "console" or (log_format is None and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = structlog.dev.ConsoleRenderer() if is_console else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, _name_logger, _name_exception, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=_NamedLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[_keep_origin, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in (*_TALKATIVE, *_NOISY):
        library = logging.getLogger(name)
        # DBOS adds a handler of its own, which writes values of failed statements, wherever it finds none.
        library.handlers = [logging.NullHandler()]
        library.propagate = True
        library.setLevel(logging.ERROR if name in _NOISY else logging.WARNING)


class _NamedLogger(structlog.PrintLogger):
    """Writes to standard error, and knows what it is called: by that, audit lines are told from the others."""

    def __init__(self, name: str = "") -> None:
        super().__init__(sys.stderr)
        self.name = name


def _name_logger(logger: object, _: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if name := getattr(logger, "name", ""):
        event["logger"] = name
    return event


def _name_exception(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Log where an exception came from, not what it says: its text may quote a prompt or an answer."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["exception"] = type(error).__name__
        event["at"] = _trace(error)
    return event


def _trace(error: BaseException) -> list[str]:
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-8:]


def _keep_origin(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Reduce a library's record to where it was written and the kind of exception; its words stay out."""
    record = event.pop("_record", None)
    event.pop("_from_structlog", None)
    info = event.pop("exc_info", None)
    if isinstance(record, logging.LogRecord):
        event["event"] = "library_warning"
        event["logger"] = record.name
        event["at"] = [f"{record.filename}:{record.lineno} {record.funcName}"]
        if (words := record.getMessage().partition("\n")[0]) in _FIXED_WORDS:
            event["words"] = words
        error = info[1] if isinstance(info, tuple) else info
        if isinstance(error, BaseException):
            event["exception"] = type(error).__name__
    return event
