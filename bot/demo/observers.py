"""Whoever wants to hear of something in the built-in worlds, and telling them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Observers(Generic[T]):
    """Calls each observer with what there is to tell, in the order in which they came."""

    _observers: list[Callable[[T], None]] = field(default_factory=list)

    def add(self, observer: Callable[[T], None]) -> Callable[[], None]:
        """Call ``observer`` from now on, until the returned function is called."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def tell(self, news: T) -> None:
        """Tell everybody; one that is added or removed meanwhile changes nothing of it."""
        for observer in tuple(self._observers):
            observer(news)
