"""Prints what reading a long answer costs, as CPU seconds and as the ratio of twice the answer to the answer.

Run it with ``uv run python tests/benchmarks/stream.py``. Linear reading gives ratios near 2, rescanning 4.
"""

import json
import time
from collections.abc import Callable, Sequence

from bot.codemie.wire import AnswerReader

_CHUNKS_A_MEGABYTE = 5_000
_LINE = '<div class="p-4">Привіт, {світ} \\ }{ "так"</div>\n'
_ROUNDS = 5


def make_answer(megabytes: int) -> str:
    """Make an answer of so many million characters, with what looks like the seams of objects."""
    length = megabytes * 1024 * 1024
    return (_LINE * (length // len(_LINE) + 1))[:length]


def write(item: object) -> bytes:
    """Write JSON as the server does."""
    return json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()


def make_delta(text: str) -> bytes:
    """Make one object of the stream."""
    thought = {"id": "1", "author_name": "Codemie Thoughts", "in_progress": True, "message": text, "error": False}
    return write({"thought": thought, "last": False, "generated": None, "execution_error": None})


def make_last(text: str) -> bytes:
    """Make the object that holds the whole answer."""
    return write({"thought": None, "last": True, "generated": text, "execution_error": None})


def make_chunks(megabytes: int) -> list[bytes]:
    """Cut an answer into 5,000 objects a megabyte and the last one."""
    text = make_answer(megabytes)
    size = len(text) // (megabytes * _CHUNKS_A_MEGABYTE) + 1
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    return [*map(make_delta, pieces), make_last(text)]


def make_trickle(megabytes: int) -> list[bytes]:
    """Cut the last object itself into 5,000 pieces a megabyte."""
    body = make_last(make_answer(megabytes))
    size = len(body) // (megabytes * _CHUNKS_A_MEGABYTE) + 1
    return [body[start : start + size] for start in range(0, len(body), size)]


def measure_s(pieces: Sequence[bytes]) -> float:
    """Measure the CPU seconds of reading these pieces, the best of several rounds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.process_time()
        reader = AnswerReader()
        for piece in pieces:
            reader.feed(piece)
        reader.finish()
        best = min(best, time.process_time() - started)
    return best


def main() -> None:
    """Print the table."""
    ways: dict[str, Callable[[int], list[bytes]]] = {"in chunks": make_chunks, "one object in pieces": make_trickle}
    print(f"{'answer':<22}{'1 MB, ms':>10}{'2 MB, ms':>10}{'ratio':>8}")
    for name, make in ways.items():
        one_s, two_s = measure_s(make(1)), measure_s(make(2))
        print(f"{name:<22}{one_s * 1000:>10.0f}{two_s * 1000:>10.0f}{two_s / one_s:>8.2f}")


if __name__ == "__main__":
    main()
