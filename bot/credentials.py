"""The settings as they stand: secrets that have changed in ``.env`` or in the folder of secrets are used from then on.

Nothing watches the files. Whoever needs a secret asks for it anew each time, and is given what the files say: they are
looked at once a second at most, or at once after a refusal, and read only if they have changed.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TypeVar

import structlog
from pydantic import SecretStr

from bot.audit import OPERATOR, note_act
from bot.errors import SettingsError
from bot.settings import LOGIN_SETTINGS, Settings

T = TypeVar("T")
# By which Slack refuses an app's client secret: https://docs.slack.dev/reference/methods/oauth.v2.access#errors and
# https://docs.slack.dev/reference/methods/openid.connect.token#errors
CLIENT_SECRET_REFUSED: Final = frozenset({"bad_client_secret", "invalid_client_secret"})
_CHECK_S: Final = 1.0
# Whether these are there decides at start what the bot is: in Socket Mode or not, with a sign-in and an API or without.
_DECISIVE: Final = frozenset(
    {"slack_bot_token", "slack_signing_secret", "slack_app_token", "slack_client_secret", "api_token"}
)
# A login is taken as a whole, since one way may take the place of another.
ROTATED: Final = LOGIN_SETTINGS | _DECISIVE
_log: Final = structlog.get_logger("credentials")

# For each file its name and what tells a changed one: inode, size, and the times of its content and its entry.
Stamps = frozenset[tuple[str, int, int, int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret as it stands: ``read`` is cheap, ``look`` looks at the files now, as after a refusal."""

    read: Callable[[], SecretStr]
    look: Callable[[], SecretStr]

    @classmethod
    def fixed(cls, value: str) -> Self:
        """Make one that never changes."""
        secret = SecretStr(value)
        return cls(read=lambda: secret, look=lambda: secret)

    async def ask_with(self, ask: Callable[[SecretStr], Awaitable[T]], *, is_refused: Callable[[Exception], bool]) -> T:
        """Ask with the secret; where that is refused, once more with the one of this moment, if it is another."""
        secret = self.read()
        try:
            return await ask(secret)
        except Exception as error:
            if not is_refused(error) or (other := self.look()) == secret:
                raise
        return await ask(other)


class LiveSettings:
    """Gives the settings with the secrets of this moment; the others stay as they were at the start.

    ``load`` reads them anew, ``find_stamps`` tells whether they may have changed; ``clock`` counts seconds. What can't
    be read, or is not valid, changes nothing and is named in the log; so is what takes a restart.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        load: Callable[[], Settings] | None = None,
        find_stamps: Callable[[], Stamps] = frozenset,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._current = settings
        self._seen = settings
        self._load = load
        self._find_stamps = find_stamps
        self._clock = clock
        self._stamps = find_stamps()
        self._check_at_s = clock() + _CHECK_S

    def get(self) -> Settings:
        """Return the settings of the last second."""
        return self._current if self._clock() < self._check_at_s else self.look()

    def look(self) -> Settings:
        """Return the settings of this moment."""
        self._check_at_s = self._clock() + _CHECK_S
        stamps = self._find_stamps()  # before the files are read: what changes meanwhile is seen the next time
        if stamps != self._stamps:
            self._stamps = stamps
            self.reread()
        return self._current

    def reread(self) -> None:
        """Read everything again, whether it seems to have changed or not."""
        if self._load is None:
            return
        try:
            found = self._load()
        except SettingsError as error:
            _log.warning("settings_not_read", settings=_list_names(error.problems))
            return
        self._take(found)

    def make_secret(self, name: str) -> Secret:
        """Make a secret of a setting that is there, and stays there."""

        def read(settings: Settings) -> SecretStr:
            value: SecretStr = getattr(settings, name)
            return value

        return Secret(read=lambda: read(self.get()), look=lambda: read(self.look()))

    def _take(self, found: Settings) -> None:
        changed = {name for name in Settings.model_fields if getattr(found, name) != getattr(self._seen, name)}
        self._seen = found
        update = {name: getattr(found, name) for name in ROTATED if self._may_take(name, found)}
        taken = {name for name in update if update[name] != getattr(self._current, name)}
        if taken:
            self._current = self._current.model_copy(update=update)
            _log.info("credentials_taken", settings=_show(taken))
            note_act("take_credentials", actor=OPERATOR, object=", ".join(_show(taken)), decision="done")
        if left := changed - set(update):
            _log.warning("settings_take_a_restart", settings=_show(left))

    def _may_take(self, name: str, found: Settings) -> bool:
        is_there, was_there = (getattr(settings, name) is not None for settings in (found, self._current))
        return name not in _DECISIVE or is_there == was_there


def find_stamps(*files: Path, folder: Path | None) -> Stamps:
    """Find the stamps of files and of what is in a folder, links followed: Kubernetes changes secrets by a link."""
    inside = _list_files(folder) if folder else []
    return frozenset(stamp for path in (*files, *inside) if (stamp := _find_stamp(path)))


def _list_files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _find_stamp(path: Path) -> tuple[str, int, int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (str(path), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _list_names(problems: Iterable[str]) -> list[str]:
    """Name the settings: the first word of each line."""
    return sorted({problem.partition(" ")[0] for problem in problems})


def _show(names: Iterable[str]) -> list[str]:
    return sorted(name.upper() for name in names)
