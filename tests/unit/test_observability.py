"""The log: words of exceptions and libraries stay out, where they came from stays in."""

import json
import subprocess
import sys

_SCRIPT = """
import logging, structlog
from bot.observability import configure_logging
configure_logging(level="DEBUG", log_format="json")
try:
    raise ValueError("planted words of an exception")
except ValueError as error:
    structlog.get_logger("job").error("broke", exc_info=error)
    logging.getLogger("dbos").error("planted words of %s", "a library", exc_info=error)
logging.getLogger("someone.else").warning("planted warning")
logging.getLogger("asyncio").error("Unclosed connection\\nclient_connection: planted address")
"""


def test_words_of_exceptions_and_libraries_stay_out() -> None:
    """They may quote a prompt, an answer or a token; the kind and the place are enough to find the cause."""
    result = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)  # noqa: S603
    events = [json.loads(line) for line in result.stderr.splitlines()]

    assert [event["event"] for event in events] == ["broke", *["library_warning"] * 3]
    assert [event.get("exception") for event in events] == ["ValueError", "ValueError", None, None]
    assert [event["logger"] for event in events] == ["job", "dbos", "someone.else", "asyncio"]
    assert [event.get("words") for event in events] == [None, None, None, "Unclosed connection"]
    assert all(event["at"] for event in events)
    assert "planted" not in result.stderr
