"""One installation of the app: in a workspace, or in an organisation for all of its workspaces."""

from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr
from slack_bolt.authorization import AuthorizeResult

# Why an installation serves nobody whose tokens no key opens; it is there all the same.
LOCKED: Final = "locked"
_EVERYBODY: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A bot token; with rotation it ends at ``expires_at_s``, seconds since the epoch, and ``refresh`` gets another.

    https://docs.slack.dev/authentication/using-token-rotation
    """

    bot: SecretStr
    refresh: SecretStr | None = None
    expires_at_s: float | None = None

    def count_left_s(self, now_s: float) -> float | None:
        """Count the seconds that are left of it; ``None`` for one that does not end."""
        return None if self.expires_at_s is None else self.expires_at_s - now_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where the app is installed, who it is there, and its tokens; ``version`` counts the changes of these.

    ``team`` is ``None`` for one of a whole organisation; ``site_url`` is the address that permalinks begin with.
    """

    team: str | None
    enterprise: str | None
    app: str
    bot_user: str
    bot: str
    site_url: str
    scopes: str
    installed_by: str
    tokens: Tokens
    version: int = 0

    @property
    def id(self) -> str:
        """The workspace, or else the organisation."""
        return self.team or self.enterprise or ""

    def describe(self) -> AuthorizeResult:
        """Describe it as Bolt wants to know it; the token is for our clients alone."""
        return AuthorizeResult(
            enterprise_id=self.enterprise,
            team_id=self.team,
            url=self.site_url,
            bot_user_id=self.bot_user,
            bot_id=self.bot,
            bot_scopes=self.scopes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """Who may install the app: workspaces and organisations by their ids, or everybody."""

    ids: frozenset[str]

    def includes(self, installation: Installation) -> bool:
        """Tell whether an installation is welcome; an organisation's id stands for each of its workspaces."""
        return bool(self.ids & {_EVERYBODY, installation.team, installation.enterprise})
