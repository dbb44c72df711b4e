"""The bot's own words in both languages, as a typed table: an unknown text does not type-check.

They are in the gettext catalogues of ``locales``; a field of :class:`Texts` has its name and shape from there.

Values put into these texts are escaped by whoever builds the message. Words of people and models never pass
through ``str.format`` as a template.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final, get_type_hints

from bot.core.catalogue import Plural, read_catalogue

_CYRILLIC_WORD = re.compile("[а-яіїєґё'’ʼ]*[а-яіїєґё][а-яіїєґё'’ʼ]*", re.IGNORECASE)
_LATIN_WORD = re.compile("[a-z']*[a-z][a-z']*", re.IGNORECASE)
_SHORT_S: Final = 10
_LONGEST_IN_SECONDS: Final = 120
_LONGEST_IN_MINUTES_S: Final = 2 * 3600
_RUSSIAN_ONLY = re.compile("[ыэъё]", re.IGNORECASE)


class Language(StrEnum):
    """The languages of the bot's own words."""

    ENGLISH = "en"
    UKRAINIAN = "uk"


def detect_language(prompt: str, *, default: Language) -> Language:
    """Choose the language of the bot's words by which script has more of the prompt's words.

    Ukrainian takes a tie: its requests name products in Latin letters more often than the other way round.
    """
    cyrillic, latin = len(_CYRILLIC_WORD.findall(prompt)), len(_LATIN_WORD.findall(prompt))
    if cyrillic == latin == 0 or (cyrillic >= latin and _RUSSIAN_ONLY.search(prompt)):
        return default
    return Language.UKRAINIAN if cyrillic >= latin else Language.ENGLISH


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Every text of one language; names in braces are filled in with :meth:`str.format`, a plural by calling it."""

    decimal_mark: str
    wait_seconds: str
    wait_minutes: str
    wait_hours: str
    asked_for: str
    ordinals: tuple[str, ...]
    ordinal: str
    in_line: str
    behind_thread: str
    making_flow: str
    making_page: str
    done: str
    stopped: str
    steps_more: Plural
    fields_more: Plural
    required: str
    optional: str
    step_types: Mapping[str, str]
    field_types: Mapping[str, str]
    files_ready: str
    page_whole: Plural
    fields_found: str
    fields_missing: str
    titles_missing: str
    without_styles: str
    how_to_open: str
    ai_note: str
    unused_files: str
    reference: str
    moved_to_dm: str
    thread_gone: str
    sent_here: str
    too_big_here: str
    page_here: str
    try_again: str
    make_it_now: str
    retrying: str
    nothing_to_retry: str
    still_running: str
    already_asked: str
    help_intro: str
    help_ways: tuple[str, ...]
    help_examples_title: str
    help_examples: tuple[str, ...]
    help_note: str
    greeting: str
    home_title: str
    seconds: str
    flow_made: str
    screens_drawn: str
    thinking_flow: str
    thinking_page: str
    cancelled: str
    cancelled_by_other: str
    too_late: str
    cancel: str
    regenerate: str
    refine: str
    open_preview: str
    delete: str
    keep: str
    delete_title: str
    delete_question: str
    deleted: str
    good: str
    good_label: str
    bad: str
    bad_label: str
    version: str
    changed: str
    flow_unchanged: str
    changes: Mapping[str, str]
    version_ready: str
    messages_read: Plural
    thread_not_read: str
    refine_last: str
    start_new: str
    new_prototype: str
    refine_or_new: str
    drawing_page: str
    picture_of: str
    refining_there: str
    form_prompt: str
    form_hint: str
    form_submit: str
    form_place: str
    form_only_me: str
    form_channel: str
    form_channel_name: str
    form_channel_hint: str
    form_channel_missing: str
    change_title: str
    change_prompt: str
    change_example: str
    change_submit: str
    reason_title: str
    reason_prompt: str
    reason_hint: str
    reason_submit: str
    thanks_good: str
    thanks_bad: str
    states: Mapping[str, str]
    recent_title: str
    recent_none: str
    recent_later: str
    open_thread: str
    admin_title: str
    taking: str
    paused: str
    pause: str
    resume: str
    pause_title: str
    pause_question: str
    resume_title: str
    resume_question: str
    calls_today: str
    budget_team: str
    budget_user: str
    everybodys_title: str
    everybodys_none: str
    direct_message: str
    took: str
    frame_title: str
    frame_skip: str
    frame_steps: str
    frame_step_missing: str
    frame_version_of: str
    frame_versions: str
    frame_screen: str
    frame_desktop: str
    frame_phone: str
    frame_download: str
    frame_scripts_run: str
    notice_titles: Mapping[str, str]
    notice_texts: Mapping[str, str]
    sign_in_again: str
    screens_more: Plural
    empty_controls: Mapping[str, str]
    date_shown: str
    page_untitled: str
    step_unnamed: str
    field_unnamed: str
    errors: Mapping[str, str]


@cache
def speak(language: Language) -> Texts:
    """Return the texts of a language.

    Its catalogue is read at the first call. It is a part of the package, as fixed as code, so the core stays pure.
    """
    with (files(__package__) / "locales" / f"{language}.po").open("rb") as file:
        return Texts(**read_catalogue(file, get_type_hints(Texts)))


def write_place(language: Language, n: int) -> str:
    """Write a place in line, counted from 1."""
    texts = speak(language)
    return texts.ordinals[n - 1] if n <= len(texts.ordinals) else texts.ordinal.format(n=n)


def write_seconds(language: Language, seconds: float) -> str:
    """Write a time without its unit: to the tenth below ten seconds."""
    text = f"{seconds:.{1 if seconds < _SHORT_S else 0}f}"
    return text.replace(".", speak(language).decimal_mark)


def write_wait(language: Language, wait_s: float) -> str:
    """Write how long to wait, rounded up to whole seconds, minutes or hours."""
    texts = speak(language)
    if wait_s <= _LONGEST_IN_SECONDS:
        return texts.wait_seconds.format(n=max(1, math.ceil(wait_s)))
    if wait_s <= _LONGEST_IN_MINUTES_S:
        return texts.wait_minutes.format(n=math.ceil(wait_s / 60))
    return texts.wait_hours.format(n=math.ceil(wait_s / 3600))


def explain_error(language: Language, code: str, *, limit: int | None = None, wait_s: float = 0) -> str:
    """Return what people are told about an error of the tree, by its ``code``."""
    errors = speak(language).errors
    return errors.get(code, errors["unexpected"]).format(limit=limit, wait=write_wait(language, wait_s))
