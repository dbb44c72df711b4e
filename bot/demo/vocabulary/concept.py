"""What the demo engine knows about one thing a form may ask for."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Pair = tuple[str, str]
"""The same words in English and in Ukrainian, in this order."""


_Words = TypeVar("_Words")


class Language(StrEnum):
    """The two languages a request is read and answered in; the value is what ``lang`` takes."""

    EN = "en"
    UK = "uk"

    def pick(self, words: tuple[_Words, _Words]) -> _Words:
        """Take this language's half of ``words``."""
        return words[1] if self is Language.UK else words[0]


class Topic(StrEnum):
    """What a field is about: fields of one topic stay together in a step."""

    PERSON = "person"
    ADDRESS = "address"
    ACCOUNT = "account"
    FAMILY = "family"
    PET = "pet"
    VEHICLE = "vehicle"
    STAY = "stay"
    VISIT = "visit"
    WORK = "work"
    ORDER = "order"
    EVENT = "event"
    FEEDBACK = "feedback"
    FINANCE = "finance"
    OTHER = "other"
    DOCUMENTS = "documents"
    PAYMENT = "payment"
    CONSENT = "consent"


@dataclass(frozen=True, kw_only=True, slots=True)
class Concept:
    """One entry of the vocabulary.

    ``key`` is the field's name; ``en`` and ``uk`` are regular expressions over lower-case text with straight
    apostrophes; ``eg`` is a realistic example (one string where both languages share it); ``options`` are
    separated by ``/``; ``parts`` names the concepts it stands for when it is no field by itself;
    ``is_owner`` marks things that have other fields ("company" in "company address").
    """

    key: str
    type: str
    topic: Topic
    en: str
    uk: str
    label: Pair = ("", "")
    eg: Pair | str = ""
    options: Pair | str = ""
    autocomplete: str = ""
    parts: tuple[str, ...] = ()
    is_owner: bool = False
    is_optional: bool = False

    @property
    def pattern(self) -> str:
        """The words of both languages as whole words: Ukrainian requests say "e-mail", too."""
        return rf"(?<![\w'])(?:{self.en}|{self.uk})(?!\w)"

    def example(self, language: Language) -> str:
        """Give the example in ``language``; empty where there is none."""
        return self.eg if isinstance(self.eg, str) else language.pick(self.eg)

    def choices(self, language: Language) -> tuple[str, ...]:
        """Give the options in ``language``; empty for what is typed in freely."""
        options = self.options if isinstance(self.options, str) else language.pick(self.options)
        return tuple(options.split("/")) if options else ()


def plain(text: str) -> str:
    """Lower the case and straighten the apostrophes; positions stay as they are in ``text``."""
    lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return re.sub("[’ʼ‘`´ʹ]", "'", lowered)
