"""What is locked is what the bot needs, and the bill of materials lists what is locked."""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires, version
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT: Final = Path(__file__).parents[2]
_PROJECT: Final = tomllib.loads((_ROOT / "pyproject.toml").read_text())
_PIN: Final = re.compile(
    r"^(?P<pin>[^\s#]+==[^\s;]+)(?: *; *(?P<marker>[^\\]+?))? \\\n(?P<hashes>(?: +--hash=\S+.*\n)+)", re.MULTILINE
)
_LOCKS: Final = ("requirements.lock", "docs/deploy/build.lock")


def _read_lock(name: str = "requirements.lock") -> dict[str, str]:
    """Return the version of each package that is locked for this machine, by its name."""
    pins = [
        Requirement(f"{found['pin']} ; {found['marker']}" if found["marker"] else found["pin"])
        for found in _PIN.finditer((_ROOT / name).read_text())
    ]
    return {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in pins if _applies(pin)}


def _applies(requirement: Requirement, extra: str = "") -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _list_requirements(requirement: Requirement) -> Iterator[Requirement]:
    """List what a package needs, for the extras that are asked of it too; nothing if another version is installed."""
    is_locked = version(requirement.name) == _read_lock().get(canonicalize_name(requirement.name))
    for text in (is_locked and requires(requirement.name)) or ():
        needed = Requirement(text)
        if any(_applies(needed, extra) for extra in ("", *requirement.extras)):
            yield needed


def _find_all() -> Iterator[Requirement]:
    """Follow the project's dependencies to their ends."""
    waiting = [Requirement(text) for text in _PROJECT["project"]["dependencies"]]
    seen: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        if str(requirement) not in seen:
            seen.add(str(requirement))
            yield requirement
            waiting += _list_requirements(requirement)


def _find_imports() -> set[str]:
    """Find the packages that the bot imports, but for Python's and its own."""
    names: set[str] = set()
    for path in [*(_ROOT / "bot").rglob("*.py"), *(_ROOT / "handlers").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"bot", "handlers"}


def test_all_that_is_needed_is_locked_within_its_bounds() -> None:
    """Direct dependencies, and theirs with extras and markers, as far as what is installed here can tell."""
    lock, needed = _read_lock(), list(_find_all())
    versions = {str(one): lock.get(canonicalize_name(one.name)) for one in needed}
    wrong = [str(one) for one in needed if not one.specifier.contains(versions[str(one)] or "0", prereleases=True)]

    assert len(needed) > len(_PROJECT["project"]["dependencies"])
    assert None not in versions.values()
    assert wrong == []


def test_all_that_is_imported_is_locked() -> None:
    """Also what is there only because something else needs it."""
    origins, lock = packages_distributions(), _read_lock()
    # A package that several distributions share, as opentelemetry, is there with any of them.
    missing = [name for name in _find_imports() if not {canonicalize_name(one) for one in origins[name]} & lock.keys()]

    assert missing == []


@pytest.mark.parametrize("name", _LOCKS)
def test_every_pin_has_hashes_and_no_host_is_named(name: str) -> None:
    """So that pip takes nothing else for it, wherever it comes from."""
    text = (_ROOT / name).read_text()
    pins = re.findall(r"^[^\s#].*==", text, re.MULTILINE)

    assert len(pins) == len(_PIN.findall(text)) > 0
    assert "://" not in text


def test_the_wheel_is_built_with_what_is_locked_for_it() -> None:
    """The build's own requirements are within the bounds of pyproject.toml."""
    lock = _read_lock("docs/deploy/build.lock")
    needed = [Requirement(text) for text in _PROJECT["build-system"]["requires"]]

    assert all(one.specifier.contains(lock[canonicalize_name(one.name)]) for one in needed)


def test_the_bill_of_materials_is_that_of_the_lock() -> None:
    """Each package with its version and its licence."""
    bill: dict[str, Any] = json.loads((_ROOT / "docs/deploy/sbom.cdx.json").read_text())
    listed = {canonicalize_name(part["name"]): part["version"] for part in bill["components"]}
    unlicensed = {part["name"] for part in bill["components"] if not part.get("licenses")}

    assert listed == _read_lock()
    assert bill["metadata"]["component"]["version"] == _PROJECT["project"]["version"]
    assert unlicensed == {"protobuf"}  # BSD-3-Clause: its LICENSE says so, its metadata does not
