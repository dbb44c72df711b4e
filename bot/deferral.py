"""Leaves modules unread that packages of ours import at once, but a bot seldom or never has a use for.

DBOS imports PostgreSQL's driver, a reader of YAML and a command line whatever it runs on: with SQLite that is a tenth
of the bot's memory for nothing. A deferred module is there at once, and is read when it is first asked for something.
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Final, cast

# The driver, where the database is PostgreSQL; what DBOS's own files and command line take; what locks the tokens of
# several workspaces.
DEFERRED: Final = frozenset({"psycopg", "psycopg.errors", "yaml", "click", "cryptography.fernet"})
# structlog and httpx take these for colours in a terminal where they are installed, which is only for development.
UNWANTED: Final = frozenset({"rich", "pygments"})
_lock: Final = threading.RLock()


class _Deferred(ModuleType):
    """A module that is read when it is first asked for a name that it has not."""

    def __getattr__(self, name: str) -> object:
        submodule = f"{self.__name__}.{name}"
        if submodule in DEFERRED:
            return import_module(submodule)
        with _lock:
            if _can_be_read(self):
                # First its package, as an import would have it, and that may have read it as well.
                for module in (sys.modules.get(self.__name__.rpartition(".")[0]), self):
                    if module is not None and _can_be_read(module):
                        _read(module)
        if type(self) is _Deferred:
            raise AttributeError(name)
        return getattr(self, name)


def _can_be_read(module: ModuleType) -> bool:
    """Tell whether it is unread, and not just being made or read: then it is asked for what it has not yet."""
    spec = module.__spec__
    return type(module) is _Deferred and spec is not None and cast("_Deferring", spec.loader).is_ready


def _read(module: ModuleType) -> None:
    loader = cast("_Deferring", cast("ModuleSpec", module.__spec__).loader)
    loader.is_ready = False
    try:
        loader.inner.exec_module(module)
        module.__class__ = ModuleType
    finally:
        loader.is_ready = True


class _Deferring(Loader):
    """Makes the module, and leaves it to that when it is read."""

    def __init__(self, inner: Loader) -> None:
        self.inner = inner
        self.is_ready = False

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Deferred(spec.name)

    def exec_module(self, module: ModuleType) -> None:  # noqa: ARG002 - Python's own
        """Leave it unread, but ready to be."""
        self.is_ready = True


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in UNWANTED:
            raise ModuleNotFoundError(f"{fullname} is not wanted", name=fullname)
        if fullname not in DEFERRED:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Deferring(spec.loader)
        return spec


@contextmanager
def deferring() -> Iterator[None]:
    """Defer them among what is imported meanwhile."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
