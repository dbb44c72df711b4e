"""Secrets that change while the bot runs: noticed by their files, taken as a whole or not at all."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.credentials import LiveSettings, find_stamps
from bot.settings import Settings, load_settings

_LINES = {
    "SLACK_BOT_TOKEN": "xoxb-planted",
    "SLACK_SIGNING_SECRET": "planted-signing-secret",
    "CODEMIE_API_URL": "https://codemie.example/code-assistant-api",
    "CODEMIE_USER_ID": "dev",
    "CODEMIE_ASSISTANT_ID": "a-1",
}


class Files:
    """A ``.env`` and the settings that are read from it, at the time ``now_s``."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / ".env"
        self.now_s = 0.0
        self.reads = 0
        self.write()
        stamps = partial(find_stamps, self.path, folder=None)
        self.live = LiveSettings(self._load(), load=self._load, find_stamps=stamps, clock=lambda: self.now_s)
        self.reads = 0

    def write(self, **changes: str | None) -> None:
        """Write the file, with some lines changed or left out."""
        lines = {**_LINES, **changes}
        self.path.write_text("".join(f"{name}={value}\n" for name, value in lines.items() if value is not None))

    def _load(self) -> Settings:
        self.reads += 1
        return load_settings(env_file=self.path)


@pytest.fixture
def files(no_settings: None, tmp_path: Path) -> Files:  # noqa: ARG001 - it is used by being there
    """Write settings to a file, where the environment has none."""
    return Files(tmp_path)


def _get_token(settings: Settings) -> str:
    assert settings.slack_bot_token is not None
    return settings.slack_bot_token.get_secret_value()


def test_a_changed_file_is_noticed_within_a_second(files: Files) -> None:
    """Until then it costs nothing to ask, and a look does not wait for it."""
    files.write(SLACK_BOT_TOKEN="xoxb-second")
    early = _get_token(files.live.get())
    files.now_s = 1.0
    late = _get_token(files.live.get())
    files.write(SLACK_BOT_TOKEN="xoxb-third!")
    looked = _get_token(files.live.look())

    assert (early, late, looked) == ("xoxb-planted", "xoxb-second", "xoxb-third!")


def test_files_that_stay_are_not_read_again(files: Files) -> None:
    """They are only looked at; whoever insists has them read all the same."""
    for files.now_s in range(5):
        files.live.look()
    looked = files.reads
    files.live.reread()

    assert (looked, files.reads) == (0, 1)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda files: files.path.write_text(""), "SLACK_BOT_TOKEN"),
        (lambda files: files.path.write_bytes(b"SLACK_BOT_TOKEN=\xff"), ".env"),
        (lambda files: files.write(SLACK_BOT_TOKEN="planted half\x01"), "SLACK_BOT_TOKEN"),
        (lambda files: files.write(SLACK_BOT_TOKEN="xoxb-new", PORT="planted"), "PORT"),
        (lambda files: (files.path.unlink(), files.path.mkdir()), "SLACK_BOT_TOKEN"),
    ],
)
def test_what_can_not_be_used_changes_nothing(files: Files, change: Callable[[Files], object], named: str) -> None:
    """A file that is half written, or wrong in another place, leaves what was; the log names the setting alone."""
    change(files)
    with capture_logs() as log:
        token = _get_token(files.live.look())
        files.live.look()

    assert token == "xoxb-planted"
    assert [entry["event"] for entry in log] == ["settings_not_read"]
    assert named in log[0]["settings"]
    assert "planted" not in str(log)


def test_what_is_mended_is_taken(files: Files) -> None:
    """After a bad file the next good one counts."""
    files.path.write_text("")
    files.live.look()
    files.write(SLACK_BOT_TOKEN="xoxb-mended")

    assert _get_token(files.live.look()) == "xoxb-mended"


def test_what_takes_a_restart_is_named_once_and_stays(files: Files) -> None:
    """A mode or a number is not changed under a running bot; the secrets beside it are."""
    files.write(SLACK_BOT_TOKEN="xoxb-new", SLACK_APP_TOKEN="xapp-planted", MAX_CONCURRENT_JOBS="3")
    with capture_logs() as log:
        settings = files.live.look()
        files.live.reread()

    assert _get_token(settings) == "xoxb-new"
    assert (settings.slack_app_token, settings.max_concurrent_jobs) == (None, 20)
    assert [(entry["event"], entry["settings"]) for entry in log if "settings" in entry] == [
        ("credentials_taken", ["SLACK_BOT_TOKEN"]),
        ("settings_take_a_restart", ["MAX_CONCURRENT_JOBS", "SLACK_APP_TOKEN"]),
    ]


def test_a_way_to_log_in_may_take_the_place_of_another(files: Files) -> None:
    """CodeMie's credentials are taken together, with the address where they hold."""
    files.write(
        CODEMIE_USER_ID=None,
        CODEMIE_AUTH_URL="https://keycloak.example",
        CODEMIE_CLIENT_ID="bot",
        CODEMIE_CLIENT_SECRET="planted-secret",
    )
    settings = files.live.look()

    assert (settings.codemie_user_id, settings.codemie_client_id) == (None, "bot")
    assert settings.codemie_client_secret is not None


def test_whether_there_is_an_api_is_decided_at_start(files: Files) -> None:
    """A file that is empty for a moment, while it is written, turns nothing on or off."""
    files.write(API_TOKEN="planted-api-token")

    assert files.live.look().api_token is None


def test_a_secret_shows_nothing(files: Files) -> None:
    """Neither it nor what gives it out."""
    secret = files.live.make_secret("slack_bot_token")

    assert secret.read().get_secret_value() == "xoxb-planted"
    assert "planted" not in f"{secret!r} {secret.read()!r} {files.live!r}"


def test_a_folder_that_is_swapped_by_a_link_has_other_stamps(tmp_path: Path) -> None:
    """Kubernetes writes a new folder and turns ``..data`` to it; the entries themselves stay."""
    for version in ("1", "2"):
        (tmp_path / f"..{version}").mkdir()
        (tmp_path / f"..{version}" / "API_TOKEN").write_text("same size")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "API_TOKEN").symlink_to("..data/API_TOKEN")
    before = find_stamps(folder=tmp_path)
    again = find_stamps(folder=tmp_path)
    (tmp_path / "..new").symlink_to("..2")
    os.replace(tmp_path / "..new", tmp_path / "..data")  # noqa: PTH105 - as the kubelet does

    assert before == again != find_stamps(folder=tmp_path)
