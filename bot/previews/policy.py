"""The headers of previews: what a browser may do with our frame, and with the page inside of it.

https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
"""

import base64
import hashlib
from collections.abc import Sequence
from typing import Final, Literal

Scripts = Literal["none", "model"]

# Those that Chromium knows; it warns of every other.
_FEATURES: Final = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "clipboard-read",
    "clipboard-write",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "sync-xhr",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
_ALWAYS: Final = {
    "Cache-Control": "private, no-store",
    "Content-Type": "text/html; charset=utf-8",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _FEATURES),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Robots-Tag": "noindex, nofollow",
}
_SELF: Final = "'self'"
_NONE: Final = "'none'"
_DATA_ONLY: Final = "style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:"
_NOWHERE: Final = "connect-src 'none'; form-action 'none'; base-uri 'none'; webrtc 'block'"
# Also where the page is shown; a browser obeys the narrower of this and of the frame's attribute.
SANDBOXES: Final[dict[Scripts, str]] = {"none": "allow-scripts", "model": "allow-scripts allow-forms"}


def head_frame(*, styles: Sequence[str], scripts: Sequence[str], has_page: bool) -> dict[str, str]:
    """Return the headers of a document of ours, with these inline styles and scripts and nothing else."""
    policy = (
        "default-src 'none'",
        f"frame-src {_SELF if has_page else _NONE}",
        f"script-src {_list_hashes(scripts)}",
        f"style-src {_list_hashes(styles)}",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        **_ALWAYS,
        "Content-Security-Policy": "; ".join(policy),
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }


def head_page(*, scripts: Scripts, own_script: str) -> dict[str, str]:
    """Return the headers of the page inside of the frame; ``own_script`` is allowed by its hash.

    ``webrtc`` is a directive that Chromium does not follow yet: a script of the page's own can reach out by STUN.
    """
    allowed = "'unsafe-inline'" if scripts == "model" else _list_hashes([own_script])
    policy = (
        f"sandbox {SANDBOXES[scripts]}; default-src 'none'; script-src {allowed}; "
        f"{_DATA_ONLY}; {_NOWHERE}; frame-ancestors 'self'"
    )
    return {**_ALWAYS, "Content-Security-Policy": policy}


def head_download(name: str) -> dict[str, str]:
    """Return the headers of a file that is saved and not shown."""
    return {
        **_ALWAYS,
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": f"sandbox; default-src 'none'; {_DATA_ONLY}; {_NOWHERE}; frame-ancestors 'none'",
    }


def _list_hashes(texts: Sequence[str]) -> str:
    return " ".join(map(_hash, texts)) or "'none'"


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
