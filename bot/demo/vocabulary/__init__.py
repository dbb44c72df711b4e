"""The demo engine's vocabulary: finds what a form may ask for in a request, in English and Ukrainian."""

import re
from dataclasses import dataclass
from types import MappingProxyType

from bot.demo.vocabulary.commerce import COMMERCE
from bot.demo.vocabulary.concept import Concept, Language, Pair, Topic, plain
from bot.demo.vocabulary.people import PEOPLE
from bot.demo.vocabulary.services import SERVICES

__all__ = ["CONCEPTS", "Concept", "Language", "Match", "Pair", "Topic", "find_concepts", "plain"]

CONCEPTS = MappingProxyType({concept.key: concept for concept in (*PEOPLE, *SERVICES, *COMMERCE)})
"""Every concept by its key."""

_PATTERNS = tuple((concept, re.compile(concept.pattern)) for concept in CONCEPTS.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A concept and where its words stand in the text: ``[start, end)``, in characters."""

    concept: Concept
    start: int
    end: int


def find_concepts(text: str) -> list[Match]:
    """Find the concepts ``text`` names, in its order; of words that overlap the longest match counts."""
    lowered = plain(text)
    candidates = [
        Match(concept=concept, start=found.start(), end=found.end())
        for concept, pattern in _PATTERNS
        for found in pattern.finditer(lowered)
    ]
    kept: list[Match] = []
    for match in sorted(candidates, key=lambda candidate: candidate.start - candidate.end):
        if all(match.end <= other.start or match.start >= other.end for other in kept):
            kept.append(match)
    return sorted(kept, key=lambda candidate: candidate.start)
