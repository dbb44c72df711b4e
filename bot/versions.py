"""Versions of the bot and of what it is made of."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

DISTRIBUTION: Final = "codemie-slack-bot"


def find_version(package: str = DISTRIBUTION) -> str:
    """Find the version of a package; the bot itself may run from a folder that nobody has installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
