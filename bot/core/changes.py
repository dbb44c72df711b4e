"""What a new version of a flow adds, removes and renames, compared with the one before."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from bot.core.models import Field, Flow, Step

_LEAST_SHARED: Final = 0.5


class ChangeKind(StrEnum):
    """What was done, and to what."""

    STEP_ADDED = "step_added"
    STEP_REMOVED = "step_removed"
    STEP_RENAMED = "step_renamed"
    FIELD_ADDED = "field_added"
    FIELD_REMOVED = "field_removed"
    FIELD_RENAMED = "field_renamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference; ``new_name`` is there for what was renamed."""

    kind: ChangeKind
    name: str
    new_name: str = ""


class _Named(Protocol):
    """A step or a field, as it is compared here."""

    @property
    def key(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def trait(self) -> object: ...


@dataclass(frozen=True, slots=True)
class _StepView:
    step: Step

    @property
    def key(self) -> str:
        return self.step.id

    @property
    def words(self) -> str:
        return self.step.title

    @property
    def trait(self) -> object:
        """Return what a renamed step shares with the one before: the names of its fields."""
        return frozenset(field.name for field in self.step.fields or ())


@dataclass(frozen=True, slots=True)
class _FieldView:
    field: Field

    @property
    def key(self) -> str:
        return self.field.name

    @property
    def words(self) -> str:
        return self.field.label

    @property
    def trait(self) -> object:
        return None


N = TypeVar("N", bound=_Named)


def compare_flows(before: Flow, after: Flow) -> tuple[Change, ...]:
    """List the differences people care about: steps first, then fields, wherever they stand.

    What has kept its id, or else its words, is the same. A model that gives every id anew has changed nothing.
    """
    steps = _match([_StepView(step) for step in before.steps], [_StepView(step) for step in after.steps])
    fields = _match(_list_fields(before), _list_fields(after))
    return (
        *_describe(steps, ChangeKind.STEP_ADDED, ChangeKind.STEP_REMOVED, ChangeKind.STEP_RENAMED),
        *_describe(fields, ChangeKind.FIELD_ADDED, ChangeKind.FIELD_REMOVED, ChangeKind.FIELD_RENAMED),
    )


def _list_fields(flow: Flow) -> list[_FieldView]:
    return [_FieldView(field) for step in flow.steps for field in step.fields or ()]


@dataclass(frozen=True, slots=True)
class _Match:
    """Pairs of what is the same, and what has no counterpart."""

    pairs: Sequence[tuple[_Named, _Named]]
    removed: Sequence[_Named]
    added: Sequence[_Named]


def _match(before: Sequence[N], after: Sequence[N]) -> _Match:
    """Match by words, then by ids, then by what a renamed step still holds."""
    pairs: list[tuple[_Named, _Named]] = []
    left, right = list(before), list(after)
    for name in (lambda item: fold_words(item.words), lambda item: item.key):
        left, right = _pair_up(left, right, name, pairs)
    for old in list(left) if left and isinstance(left[0].trait, frozenset) else ():
        new = next((candidate for candidate in right if _share_trait(old, candidate)), None)
        if new is not None:
            pairs.append((old, new))
            left.remove(old)
            right.remove(new)
    return _Match(pairs, left, right)


def _pair_up(
    left: Sequence[N], right: Sequence[N], name: Callable[[N], str], pairs: list[tuple[_Named, _Named]]
) -> tuple[list[N], list[N]]:
    """Pair what has the same name, each once, and return the rest; in time that grows with their number."""
    waiting: dict[str, list[N]] = {}
    for item in reversed(right):
        waiting.setdefault(name(item), []).append(item)
    rest: list[N] = []
    for item in left:
        if same := waiting.get(name(item)):
            pairs.append((item, same.pop()))
        else:
            rest.append(item)
    unpaired = {id(item) for items in waiting.values() for item in items}
    return rest, [item for item in right if id(item) in unpaired]


def _share_trait(old: _Named, new: _Named) -> bool:
    """Tell a step by its fields: half of all that the two have are in both. Fields have no such trait."""
    if not isinstance(old.trait, frozenset) or not isinstance(new.trait, frozenset):
        return False
    every = old.trait | new.trait
    return bool(every) and len(old.trait & new.trait) / len(every) >= _LEAST_SHARED


def _describe(match: _Match, added: ChangeKind, removed: ChangeKind, renamed: ChangeKind) -> Iterator[Change]:
    yield from (Change(kind=added, name=item.words) for item in match.added)
    yield from (Change(kind=removed, name=item.words) for item in match.removed)
    yield from _list_renamed(match.pairs, renamed)


def _list_renamed(pairs: Iterable[tuple[_Named, _Named]], kind: ChangeKind) -> Iterator[Change]:
    for old, new in pairs:
        if fold_words(old.words) != fold_words(new.words):
            yield Change(kind=kind, name=old.words, new_name=new.words)


def fold_words(words: str) -> str:
    """Give words in the form in which they are compared: without case, with single blanks."""
    return " ".join(words.casefold().split())
