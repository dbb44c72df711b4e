"""What the page may ask for in a person's name, as models; docs/playground.md lists them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.demo.playground.troubles import Name

_Id = Annotated[str, Field(min_length=1, max_length=255)]
# As long as a message of Slack's may be: https://docs.slack.dev/changelog/2018-truncating-really-long-messages
_Text = Annotated[str, Field(max_length=40_000)]
_Answers = dict[_Id, str | list[str]]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    user: _Id


class Say(_Request):
    """Post a message, in a thread if that is named; ``client_msg_id`` comes back with it."""

    act: Literal["say"]
    channel: _Id
    text: _Text
    thread_ts: _Id | None = None
    is_broadcast: bool = False
    client_msg_id: _Id | None = None


class Command(_Request):
    """Send a slash command."""

    act: Literal["command"]
    channel: _Id
    command: _Id
    text: _Text = ""


class Edit(_Request):
    """Edit a message of one's own."""

    act: Literal["edit"]
    channel: _Id
    ts: _Id
    text: _Text


class Delete(_Request):
    """Delete a message of one's own."""

    act: Literal["delete"]
    channel: _Id
    ts: _Id


class React(_Request):
    """Put an emoji on a message, or take it back."""

    act: Literal["react"]
    channel: _Id
    ts: _Id
    name: _Id
    is_on: bool


class Click(_Request):
    """Use an element of a message, or of one that the person alone sees."""

    act: Literal["click"]
    channel: _Id
    ts: _Id
    action_id: _Id
    block_id: _Id | None = None
    value: str | list[str] | None = None
    answers: _Answers = {}


class ClickView(_Request):
    """Use an element of an open modal, or of the Home tab."""

    act: Literal["click_view"]
    view_id: _Id
    action_id: _Id
    block_id: _Id | None = None
    value: str | list[str] | None = None
    answers: _Answers = {}


class Submit(_Request):
    """Submit a modal, filled in by action_id or block_id."""

    act: Literal["submit"]
    view_id: _Id
    answers: _Answers = {}


class Close(_Request):
    """Close a modal, or all of its stack."""

    act: Literal["close"]
    view_id: _Id
    with_all: bool = False


class Shortcut(_Request):
    """Use a global shortcut."""

    act: Literal["shortcut"]
    callback_id: _Id
    channel: _Id | None = None


class MessageShortcut(_Request):
    """Use a shortcut on a message."""

    act: Literal["message_shortcut"]
    callback_id: _Id
    channel: _Id
    ts: _Id


class OpenHome(_Request):
    """Open a tab of the bot's."""

    act: Literal["open_home"]
    tab: Literal["home", "messages"] = "home"


class Stop(_Request):
    """Press Slack's own Stop."""

    act: Literal["stop"]
    channel: _Id
    thread_ts: _Id


class Invite(_Request):
    """Invite the bot to a channel."""

    act: Literal["invite"]
    channel: _Id


class Remove(_Request):
    """Take the bot out of a channel."""

    act: Literal["remove"]
    channel: _Id


class SetLocale(_Request):
    """Choose one's language in Slack."""

    act: Literal["locale"]
    locale: Literal["uk-UA", "en-US"]


class SwitchTrouble(_Request):
    """Let something go wrong, or no longer."""

    act: Literal["trouble"]
    name: Name
    is_on: bool


class SwitchCodemie(_Request):
    """Choose who answers."""

    act: Literal["codemie"]
    kind: Literal["demo", "real"]


class Crash(_Request):
    """Kill the bot's process."""

    act: Literal["crash"]


Act = (
    Say
    | Command
    | Edit
    | Delete
    | React
    | Click
    | ClickView
    | Submit
    | Close
    | Shortcut
    | MessageShortcut
    | OpenHome
    | Stop
    | Invite
    | Remove
    | SetLocale
    | SwitchTrouble
    | SwitchCodemie
    | Crash
)
_ACT: TypeAdapter[Act] = TypeAdapter(Annotated[Act, Field(discriminator="act")])


def read_act(body: Any) -> Act:  # noqa: ANN401 - JSON
    """Read an act; raises ``pydantic.ValidationError`` if it is none."""
    return _ACT.validate_python(body)
