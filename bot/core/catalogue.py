"""Gettext catalogues: from the lines of a ``.po`` file to the values of a typed table of texts.

A text is found by a symbolic id, so that English is a catalogue like any other. ``making_flow`` is the text of the
field of that name; ``errors.prompt`` is what a mapping has under ``prompt``; ``help_ways.1`` is the first of a tuple.
"""

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from gettext import GNUTranslations
from types import MappingProxyType
from typing import Any, TypeAlias

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po


class CatalogueError(Exception):
    """A catalogue does not have what the code asks for: a defect of the package, so no error people are told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plural:
    """A text that depends on a number; ``choose`` gives the template for it, in which the number is ``{n}``."""

    choose: Callable[[int], str]

    def __call__(self, n: int, **values: object) -> str:
        """Say the text for ``n``, which is at least 0."""
        return self.choose(n).format(n=n, **values)


_Text: TypeAlias = str | Plural


def read_catalogue(lines: Iterable[bytes], types: Mapping[str, object]) -> dict[str, Any]:
    """Return a value for each field, by its type: str, :class:`Plural`, ``tuple[str, ...]``, ``Mapping[str, str]``.

    A text that is missing, empty, fuzzy, of another shape than its field or of no field is a :class:`CatalogueError`.
    """
    members = _group(_read_texts(lines))
    values = {name: _assemble(kind, members.pop(name, {})) for name, kind in types.items()}
    wrong = [name for name, value in values.items() if value is None]
    if wrong or members:
        raise CatalogueError(f"missing or misshapen: {wrong}; of no field: {list(members)}")
    return values


def _read_texts(lines: Iterable[bytes]) -> Iterator[tuple[str, _Text]]:
    """Yield each id with its text, or with its forms."""
    catalogue = _parse(lines)
    translations = _compile(catalogue)
    for message in _list_messages(catalogue):
        if isinstance(message.id, str):
            yield message.id, translations.gettext(message.id)
        else:
            yield message.id[0], Plural(choose=partial(translations.ngettext, *message.id))


def _parse(lines: Iterable[bytes]) -> Catalog:
    try:
        catalogue = read_po(lines, abort_invalid=True)
    except PoFileError as exc:
        raise CatalogueError(f"not a catalogue: {exc}") from exc
    unfit = [message.id for message in _list_messages(catalogue) if message.fuzzy or not _is_whole(message)]
    if unfit:
        raise CatalogueError(f"empty or fuzzy: {unfit}")
    return catalogue


def _list_messages(catalogue: Catalog) -> list[Message]:
    """List all messages but the header, whose id is empty."""
    return [message for message in catalogue if message.id]


def _is_whole(message: Message) -> bool:
    """Tell whether the text, or each of its forms, says something."""
    text = message.string
    return all(text) if isinstance(text, (tuple, list)) else bool(text)


def _compile(catalogue: Catalog) -> GNUTranslations:
    """Hand the catalogue to the standard library, which evaluates its ``Plural-Forms``."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    file.seek(0)
    return GNUTranslations(file)


def _group(texts: Iterable[tuple[str, _Text]]) -> dict[str, dict[str, _Text]]:
    """Gather the members of each field; the one of a plain text has no key."""
    groups: dict[str, dict[str, _Text]] = defaultdict(dict)
    for msgid, text in texts:
        name, _, key = msgid.partition(".")
        groups[name][key] = text
    return groups


def _assemble(kind: object, members: Mapping[str, _Text]) -> object | None:
    """Make the value of a field of this type, or None if its members do not fit."""
    if kind in {str, Plural}:
        only = members.get("") if len(members) == 1 else None
        return only if type(only) is kind else None
    if not members or "" in members or any(isinstance(text, Plural) for text in members.values()):
        return None
    if kind == Mapping[str, str]:
        return MappingProxyType(members)
    places = [str(n) for n in range(1, len(members) + 1)]
    return tuple(members.values()) if kind == tuple[str, ...] and list(members) == places else None
