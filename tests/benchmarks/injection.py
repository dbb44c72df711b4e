"""How many ordinary prompts each detector refuses, and how many attacks it misses.

Run ``python tests/benchmarks/injection.py``. The row of libinjection appears where its binding is installed.
"""

import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from bot.core.injection import find_injection

CORPUS = Path(__file__).parents[1] / "corpus"
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\"}
KEYWORDS = re.compile(
    r"\b(?:select|insert|update|delete|drop|union|alter|create|exec|truncate)\b|--|;|/\*|'\s*or\b|1\s*=\s*1"
    r"|<\s*script|javascript:|\bon\w+\s*=|<iframe|alert\s*\(",
    re.IGNORECASE,
)
Detector = Callable[[str], bool]


def read_lines(name: str) -> list[str]:
    """Read a corpus file: no comments, escapes decoded."""
    lines = (CORPUS / name).read_text(encoding="utf-8").splitlines()
    texts = [line for line in lines if line and not line.startswith("#")]
    return [re.sub(r"\\([ntr0\\])", lambda match: ESCAPES[match[1]], text) for text in texts]


def read_attacks(name: str) -> list[str]:
    """Read the attacks without the kind that stands before each."""
    return [line.partition(" ")[2] for line in read_lines(name)]


def find_detectors() -> dict[str, Detector]:
    """Name the detectors that can run here."""
    detectors: dict[str, Detector] = {
        "ours": lambda text: find_injection(text) is not None,
        "keyword regex": lambda text: KEYWORDS.search(text) is not None,
    }
    try:
        library = import_module("libinjection")
    except ImportError:
        return detectors

    def ask_library(text: str) -> bool:
        sql = library.is_sql_injection(text)
        script = library.is_xss(text)
        return bool(sql["is_sqli"] or script["is_xss"])

    return {**detectors, "libinjection": ask_library}


def main() -> None:
    """Print the table."""
    ordinary = {name: read_lines(f"{name}.txt") for name in ("ordinary", "ordinary_traps", "ordinary_heldout")}
    attacks = {name: read_attacks(f"{name}.txt") for name in ("attacks", "attacks_embedded", "attacks_heldout")}
    sizes = {name: len(texts) for name, texts in {**ordinary, **attacks}.items()}
    heads = [f"{name} ({size})" for name, size in sizes.items()]
    rows = [f"{'refused or missed':18}" + "".join(f"{head:>24}" for head in heads)]
    for name, detects in find_detectors().items():
        refused = [sum(map(detects, texts)) for texts in ordinary.values()]
        missed = [len(texts) - sum(map(detects, texts)) for texts in attacks.values()]
        rows.append(f"{name:18}" + "".join(f"{count:>24}" for count in refused + missed))
    sys.stdout.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
