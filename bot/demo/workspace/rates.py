"""How often an app may call: posts by the second and channel, other methods by the minute.

https://docs.slack.dev/apis/web-api/rate-limits
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

_MINUTE_S: Final = 60.0
_TIER_2, _TIER_3, _TIER_4 = 20, 50, 100
# Calls a minute, as each method's page says. What is not named here has a rate of its own, or one that is not told.
_TIERS: Final[Mapping[str, int]] = {
    "agents.sessions.rename": _TIER_3,
    "agents.sessions.setStatus": _TIER_3,
    "bots.info": _TIER_3,
    "chat.delete": _TIER_3,
    "chat.postEphemeral": _TIER_4,
    "chat.update": _TIER_3,
    "conversations.history": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.join": _TIER_3,
    "conversations.list": _TIER_2,
    "conversations.members": _TIER_4,
    "conversations.open": _TIER_3,
    "conversations.replies": _TIER_3,
    "files.completeUploadExternal": _TIER_4,
    "files.delete": _TIER_3,
    "files.getUploadURLExternal": _TIER_4,
    "files.info": _TIER_4,
    "files.list": _TIER_3,
    "openid.connect.token": _TIER_4,
    "openid.connect.userInfo": _TIER_3,
    "reactions.add": _TIER_3,
    "reactions.remove": _TIER_2,
    "team.info": _TIER_3,
    "users.conversations": _TIER_2,
    "users.info": _TIER_4,
    "users.list": _TIER_2,
    "views.open": _TIER_4,
    "views.publish": _TIER_4,
    "views.push": _TIER_4,
    "views.update": _TIER_4,
}


@dataclass(slots=True, kw_only=True)
class _Bucket:
    """What is ``left`` of a burst, as it was ``at`` a time."""

    left: float
    at: float

    def take(self, now: float, *, per_s: float, burst: int) -> float:
        """Take one; return the seconds to wait if there is none, else 0."""
        self.left = min(float(burst), self.left + (now - self.at) * per_s)
        self.at = now
        if self.left < 1:
            return (1 - self.left) / per_s
        self.left -= 1
        return 0.0


class MethodRate:
    """Slack's tiers: a method's calls in a minute, which may come in one burst; off unless ``is_on``."""

    def __init__(self, clock: Callable[[], float], *, is_on: bool = False) -> None:
        self.is_on = is_on
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, method: str) -> float:
        """Count a call; return the seconds to wait if it is one too many, else 0."""
        per_minute = _TIERS.get(method)
        if per_minute is None or not self.is_on:
            return 0.0
        bucket = self._buckets.setdefault(method, _Bucket(left=float(per_minute), at=self._clock()))
        return bucket.take(self._clock(), per_s=per_minute / _MINUTE_S, burst=per_minute)


class PostRate:
    """Slack's rate of ``chat.postMessage``: ``per_s`` a second and channel, after a burst; off while that is None.

    https://docs.slack.dev/reference/methods/chat.postMessage/#rate_limiting
    """

    def __init__(self, clock: Callable[[], float], *, per_s: float | None = None, burst: int = 3) -> None:
        self.per_s = per_s
        self.burst = burst
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, channel: str) -> float:
        """Count a post; return the seconds to wait if it is one too many, else 0."""
        if self.per_s is None:
            return 0.0
        bucket = self._buckets.setdefault(channel, _Bucket(left=float(self.burst), at=self._clock()))
        return bucket.take(self._clock(), per_s=self.per_s, burst=self.burst)
