"""Takes pictures with a headless Chromium, over DevTools' pipe: no port is opened.

The network is cut four times: scripts are off, a page carries its policy, no name and no address resolves, and
the proxy that all traffic would go through, that to this machine included, does not exist.
https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import math
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedReader, BufferedWriter
from typing import Any, Final, Self

# Where Chromium expects its end of the pipes; the process that starts it keeps both free.
BROWSER_FDS: Final = (3, 4)
_HEIGHT: Final = 800
_CLOSE_S: Final = 2
_CHUNK_BYTES: Final = 256 * 1024
_FLAGS: Final = (
    "--headless",
    "--remote-debugging-pipe",
    "--blink-settings=scriptEnabled=false",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://nowhere.invalid:1",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-extensions",
    "--disable-default-apps",
    "--disable-breakpad",
    "--disable-crashpad-for-testing",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--mute-audio",
    "--hide-scrollbars",
)


class BrowserError(Exception):
    """Chromium did not do what it was told."""


class Browser:
    """A running Chromium with one empty tab; it is made with :meth:`start`."""

    def __init__(self, *, commands: BufferedWriter, answers: BufferedReader) -> None:
        self._commands = commands
        self._answers = answers
        self._received = bytearray()
        self._last_id = 0
        self._session: str | None = None

    @classmethod
    @contextmanager
    def start(cls, path: str) -> Iterator[Self]:
        """Run the Chromium of that path with a profile of its own, and end it."""
        with tempfile.TemporaryDirectory(prefix="profile-", ignore_cleanup_errors=True) as profile:
            process, commands, answers = _launch(path, profile)
            try:
                browser = cls(commands=commands, answers=answers)
                browser.open_tab()
                yield browser
                browser.send("Browser.close", {}, is_for_tab=False)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_CLOSE_S)
            finally:
                process.kill()
                process.wait()
                commands.close()
                answers.close()

    def open_tab(self) -> None:
        """Attach to a new tab, to which all further commands go."""
        target = self.send("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self.send("Emulation.setScriptExecutionDisabled", {"value": True})
        self.send("Page.enable", {})

    def shoot(self, html: str, *, width: int, height: int | None, tallest: int, scale: int) -> bytes:
        """Return a PNG of the page; without a height as high as it is, up to ``tallest``. All in CSS pixels."""
        metrics = {"width": width, "height": height or _HEIGHT, "deviceScaleFactor": scale, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", metrics)
        frame = self.send("Page.getFrameTree", {})["frameTree"]["frame"]["id"]
        self.send("Page.setDocumentContent", {"frameId": frame, "html": html})
        if height is None:
            height = min(self._measure_height(), tallest)
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = self.send("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
        return base64.b64decode(shot["data"])

    def _measure_height(self) -> int:
        """Return how high the page is; one that is lower than the window as high as its root element."""
        height: int = math.ceil(self.send("Page.getLayoutMetrics", {})["cssContentSize"]["height"])
        if height > _HEIGHT:
            return height
        document = self.send("DOM.getDocument", {"depth": 1})["root"]
        root = next(node["nodeId"] for node in document["children"] if node["nodeName"] == "HTML")
        box: dict[str, int] = self.send("DOM.getBoxModel", {"nodeId": root})["model"]
        return max(1, box["height"])

    def send(self, method: str, params: Mapping[str, object], *, is_for_tab: bool = True) -> dict[str, Any]:
        """Send a command and return its result; events in between are passed over."""
        self._last_id += 1
        command: dict[str, object] = {"id": self._last_id, "method": method, "params": params}
        if is_for_tab and self._session is not None:
            command["sessionId"] = self._session
        self._commands.write(json.dumps(command).encode() + b"\0")
        self._commands.flush()
        while (answer := json.loads(self._read())).get("id") != self._last_id:
            pass
        if "result" not in answer:
            raise BrowserError(method)
        result: dict[str, Any] = answer["result"]
        return result

    def _read(self) -> bytes:
        """Read up to the zero byte that ends an answer."""
        searched = 0
        while (end := self._received.find(b"\0", searched)) < 0:
            searched = len(self._received)
            piece = self._answers.read1(_CHUNK_BYTES)
            if not piece:
                raise BrowserError("Chromium ended")
            self._received += piece
        answer = bytes(self._received[:end])
        del self._received[: end + 1]
        return answer


def _launch(path: str, profile: str) -> tuple[subprocess.Popen[bytes], BufferedWriter, BufferedReader]:
    """Start Chromium with its ends of two pipes in the places where it looks for them."""
    command_end, commands = os.pipe()
    answers, answer_end = os.pipe()
    for end, place in zip((command_end, answer_end), BROWSER_FDS, strict=True):
        os.dup2(end, place)
        os.close(end)
    process = subprocess.Popen(  # noqa: S603 - the path is the one that the bot found
        [path, *_FLAGS, *_list_root_flags(), f"--user-data-dir={profile}", "about:blank"],
        pass_fds=BROWSER_FDS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    reserve_fds()
    return process, os.fdopen(commands, "wb"), os.fdopen(answers, "rb")


def reserve_fds() -> None:
    """Keep the places of Chromium's pipes free of anything else; also drops the ends that Chromium has now."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for place in BROWSER_FDS:
        os.dup2(nothing, place)
    if nothing not in BROWSER_FDS:
        os.close(nothing)


def _list_root_flags() -> tuple[str, ...]:
    """Chromium's sandbox can't be set up by root, and Chromium refuses to start without this."""
    return ("--no-sandbox",) if os.geteuid() == 0 else ()
