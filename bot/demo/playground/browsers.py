"""The person's own browser, where there is one that has a window."""

import os
import sys
import threading
import webbrowser
from contextlib import suppress
from typing import Final

_WITH_WINDOWS: Final = frozenset({"darwin", "win32"})
_DISPLAYS: Final = ("DISPLAY", "WAYLAND_DISPLAY")
# Those of https://docs.python.org/3/library/webbrowser.html that draw into the terminal.
_WITHOUT_WINDOW: Final = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})


def open_browser(url: str) -> None:
    """Open ``url`` in a browser with a window; nothing waits for it, since some return only when they are closed."""
    if sys.platform in _WITH_WINDOWS or any(map(os.environ.get, _DISPLAYS)):  # noqa: TID251 - no setting
        threading.Thread(target=_open, args=(url,), daemon=True).start()


def _open(url: str) -> None:
    with suppress(webbrowser.Error):
        browser = webbrowser.get()
        if browser.name not in _WITHOUT_WINDOW:
            browser.open(url)
