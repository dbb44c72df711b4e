"""The manifest is one that Slack takes, asks for what the bot uses, and declares what the bot listens to.

Limits and names: https://docs.slack.dev/reference/app-manifest/
"""

from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from stage import Stage

from bot.demo.playground.menu import COMMANDS, SHORTCUTS
from bot.previews.routes import SIGNED_IN_PATH
from bot.slack.scopes import OPTIONAL_SCOPES, REQUIRED_SCOPES

_MANIFEST: Final[dict[str, Any]] = yaml.safe_load((Path(__file__).parents[2] / "manifest.yml").read_text())
_EVENTS: Final[dict[str, dict[str, Any]]] = {
    "agent_session_stopped": {"user": "U2", "channel": "C1", "thread_ts": "12.1"},
    "app_home_opened": {"user": "U2", "tab": "messages", "channel": "D2"},
    "app_mention": {"user": "U2", "channel": "C1", "ts": "12.1", "text": "<@UBOT> hi"},
    "app_uninstalled": {},
    "tokens_revoked": {"tokens": {"oauth": ["U2"]}},
    "message.im": {"type": "message", "user": "U2", "channel": "D2", "channel_type": "im", "ts": "12.2", "text": "hi"},
}


def test_texts_are_within_slacks_limits() -> None:
    """Slack refuses a manifest whose names or descriptions are too long or too short."""
    display, features = _MANIFEST["display_information"], _MANIFEST["features"]
    (command,) = features["slash_commands"]
    prompts = features["agent_view"]["suggested_prompts"]

    assert _MANIFEST["_metadata"]["major_version"] == 2
    assert len(display["name"]) <= 35
    assert len(display["description"]) <= 140
    assert 175 <= len(display["long_description"]) <= 4_000
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(features["agent_view"]["agent_description"]) <= 300
    assert len(prompts) <= 4
    assert all(prompt.keys() == {"title", "message"} for prompt in prompts)
    assert command["command"] == "/generate"
    assert command["should_escape"] is False
    assert len(command["usage_hint"]) <= 100
    assert "assistant_view" not in features


def test_scopes_are_those_that_are_used() -> None:
    """No more than the bot needs, in the order of the alphabet; what it can do without may be declined."""
    scopes = {"bot": sorted(REQUIRED_SCOPES), "bot_optional": sorted(OPTIONAL_SCOPES)}

    assert _MANIFEST["oauth_config"]["scopes"] == scopes


def test_events_are_those_that_are_listened_to() -> None:
    """The list of this test, which the next one delivers."""
    assert _MANIFEST["settings"]["event_subscriptions"]["bot_events"] == sorted(_EVENTS)


@pytest.mark.parametrize("name", sorted(_EVENTS))
async def test_each_declared_event_has_a_listener(stage: Stage, name: str) -> None:
    """Bolt answers 404 to an event that nobody listens to."""
    delivery = await stage.workspace.deliver_event({"type": name, **_EVENTS[name]})

    assert delivery.status == 200


async def test_an_undeclared_event_has_none(stage: Stage) -> None:
    """So that the test above can fail."""
    delivery = await stage.workspace.deliver_event({"type": "team_join", "user": {"id": "U2"}})

    assert delivery.status == 404


@pytest.mark.parametrize("shortcut", _MANIFEST["features"]["shortcuts"], ids=lambda shortcut: str(shortcut["type"]))
async def test_each_declared_shortcut_has_a_listener(stage: Stage, shortcut: dict[str, str]) -> None:
    """One of each type, since the other is refused; texts are within Slack's limits."""
    said = await stage.workspace.say(user="U2", channel="C1", text="short")
    is_global = shortcut["type"] == "global"
    names = [shortcut["callback_id"], "never_declared"]
    statuses = [
        (
            await stage.workspace.use_shortcut("U2", name)
            if is_global
            else await stage.workspace.use_message_shortcut("U2", said.message, name)
        ).status
        for name in names
    ]

    assert statuses == [200, 404]
    assert len(shortcut["name"]) <= 24
    assert len(shortcut["description"]) <= 150


def test_the_address_of_signing_in_is_the_one_that_is_served() -> None:
    """It stands in a comment, for who serves previews to fill in."""
    text = (Path(__file__).parents[2] / "manifest.yml").read_text()

    assert f"#   - https://YOUR-HOST{SIGNED_IN_PATH}\n" in text


async def test_the_declared_command_has_a_listener(stage: Stage) -> None:
    """And only that one."""
    declared = await stage.workspace.send_command(user="U1", channel="C1", text="help", command="/generate")
    other = await stage.workspace.send_command(user="U1", channel="C1", text="help", command="/other")

    assert declared.status == 200
    assert other.status == 404


def test_the_playground_offers_what_the_manifest_declares() -> None:
    """Its page completes the command and lists the shortcuts in the same words."""
    features = _MANIFEST["features"]
    commands = [
        {key: command[key] for key in ("command", "description", "usage_hint")}
        for command in features["slash_commands"]
    ]

    assert list(COMMANDS) == commands
    assert list(SHORTCUTS) == features["shortcuts"]
