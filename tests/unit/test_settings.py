"""Settings: read from anywhere, checked in one run, told in one line each."""

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.loose_settings import read_settings
from bot.settings import Settings, load_settings

_GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-planted",
    "SLACK_SIGNING_SECRET": "planted-signing-secret",
    "CODEMIE_API_URL": "https://codemie.example/code-assistant-api",
    "CODEMIE_USER_ID": "dev",
    "CODEMIE_ASSISTANT_ID": "a-1",
}


pytestmark = pytest.mark.usefixtures("no_settings")


def _load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **values: str | None) -> Settings:
    for name, value in {**_GOOD, **values}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    return load_settings(env_file=tmp_path / "none.env")


def test_good_settings_load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The least that is needed is enough, and the defaults are those of the table."""
    settings = _load(monkeypatch, tmp_path)

    assert settings.port == 3000
    assert settings.flow_assistant_id == settings.page_assistant_id == "a-1"
    assert not settings.is_socket_mode


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A settings object in a log or a traceback gives nothing away."""
    shown = repr(_load(monkeypatch, tmp_path, DATABASE_URL="postgresql://u:planted-password@h/db"))

    assert "planted" not in shown


def test_all_problems_are_told_in_one_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Missing, malformed and conditional ones together, each in one line, none with its value."""
    with pytest.raises(SettingsError) as caught:
        _load(
            monkeypatch,
            tmp_path,
            SLACK_BOT_TOKEN=None,
            SLACK_SIGNING_SECRET=None,
            CODEMIE_API_URL="planted-not-a-url",
            CODEMIE_USER_ID=None,
            CODEMIE_CLIENT_ID="client",
            CODEMIE_ASSISTANT_ID=None,
            CODEMIE_UI_ASSISTANT_ID="ui",
            PORT="planted-port",
            DATABASE_URL="mysql://planted",
        )

    names = [problem.split()[0] for problem in caught.value.problems]
    assert sorted(names) == [
        "CODEMIE_API_URL",
        "CODEMIE_AUTH_URL",
        "CODEMIE_CLIENT_SECRET",
        "CODEMIE_FLOW_ASSISTANT_ID",
        "DATABASE_URL",
        "PORT",
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
    ]
    assert not any("planted" in problem or "\n" in problem for problem in caught.value.problems)


def test_an_empty_value_is_a_missing_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A line of .env.example that was not filled in is not a value."""
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, tmp_path, CODEMIE_ASSISTANT_ID="", SLACK_APP_TOKEN="")

    assert [problem.split()[0] for problem in caught.value.problems] == ["CODEMIE_ASSISTANT_ID"]


def test_settings_come_from_a_file_and_from_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment goes before .env, and .env before the folder of secrets."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "SLACK_BOT_TOKEN").write_text("xoxb-from-secrets\n")
    (secrets / "codemie_user_id").write_text("from-secrets")
    env_file = tmp_path / ".env"
    lines = {**_GOOD, "CODEMIE_USER_ID": "from-file", "SECRETS_DIR": str(secrets)}
    env_file.write_text("".join(f"{name}={value}\n" for name, value in lines.items() if name != "SLACK_BOT_TOKEN"))
    monkeypatch.setenv("CODEMIE_ASSISTANT_ID", "from-environment")

    settings = load_settings(env_file=env_file)

    assert settings.slack_bot_token is not None
    assert settings.slack_bot_token.get_secret_value() == "xoxb-from-secrets"
    assert settings.codemie_user_id == "from-file"
    assert settings.flow_assistant_id == "from-environment"


def test_a_missing_folder_of_secrets_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A wrong SECRETS_DIR would otherwise look like every secret missing."""
    with pytest.raises(SettingsError, match="SECRETS_DIR"):
        _load(monkeypatch, tmp_path, SECRETS_DIR=str(tmp_path / "nowhere"))


def test_blank_values_are_missing_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """White space is no token, whatever the setting."""
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, tmp_path, **dict.fromkeys(_GOOD, " \t"))

    assert len(caught.value.problems) == len(_GOOD)


def test_words_are_taken_in_any_case_and_without_their_blanks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What somebody means is clear."""
    settings = _load(
        monkeypatch,
        tmp_path,
        LOG_LEVEL="debug",
        SQLITE_SYNCHRONOUS="full",
        DEFAULT_LANGUAGE="UK",
        SLACK_BOT_TOKEN=" xoxb-planted ",
    )

    assert (settings.log_level, settings.sqlite_synchronous, settings.default_language) == ("DEBUG", "FULL", "uk")
    assert settings.slack_bot_token is not None
    assert settings.slack_bot_token.get_secret_value() == "xoxb-planted"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROMPT_MIN_CHARS", "5000"),
        ("CODEMIE_USER_ID", "ї"),
        ("CODEMIE_API_URL", "http://user:planted@host/api"),
        ("CODEMIE_API_URL", "http://host/api?x=planted"),
        ("CODEMIE_RETRY_MAX_DELAY_S", "inf"),
        ("CODEMIE_READ_TIMEOUT_S", "0"),
        ("LOG_FORMAT", "planted"),
        ("SLACK_BOT_TOKEN", "xoxb-planted half\x01"),
        ("RETENTION_DAYS", "1e8"),
        ("SLACK_API_URL", f"http://{'planted' * 10}.invalid/api/"),
        ("CODEMIE_API_URL", "http://planted..invalid"),
        ("ALLOWED_TEAMS", "T1, planted"),
        ("ALLOWED_CHANNELS", "C1,#planted"),
        ("ALLOWED_USERS", "U1 @planted"),
        ("ADMIN_USERS", "T1:planted"),
        ("ALLOW_GUESTS", "planted"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///file:planted?mode=memory&uri=true"),
        ("DATABASE_URL", "postgresql://u:planted@h:planted/db"),
        ("DATABASE_URL", f"postgresql://u:planted@{'planted' * 10}/db"),
    ],
)
def test_values_that_can_not_work_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    """At start, and not at the first job."""
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, tmp_path, **{name: value})

    (problem,) = caught.value.problems
    assert problem.startswith(name)
    assert "planted" not in problem


def test_lists_of_ids_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With commas, blanks or both between them; which entries are none is told by their places."""
    listed = "U1,U2 ,  W3"
    settings = _load(monkeypatch, tmp_path, ALLOWED_USERS=listed, ALLOWED_CHANNELS="C1 G2", ALLOWED_TEAMS="T1,E2")
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, tmp_path, ALLOWED_USERS="U1, C2, u3", ALLOWED_TEAMS="U1")

    rules = settings.rules
    assert (rules.users, rules.channels) == (frozenset({"U1", "U2", "W3"}), frozenset({"C1", "G2"}))
    assert rules.teams == frozenset({"T1", "E2"})
    assert not rules.has_guests
    assert not rules.has_strangers
    assert sorted(problem.rpartition("; ")[2] for problem in caught.value.problems) == [
        "entries 2, 3 are none",
        "entry 1 is none",
    ]


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_without_certificates_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    """At start, and not as an outage of whoever is asked first."""
    file = tmp_path / "planted.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, tmp_path, SSL_CERT_FILE=str(file))

    (problem,) = caught.value.problems
    assert problem.startswith("SSL_CERT_FILE ")
    assert "planted" not in problem


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
@pytest.mark.parametrize("value", ["socks5://planted", "https://planted:1", "http://planted:99999", "http://"])
def test_a_proxy_that_can_not_be_used_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    """In capitals or not; the line says what it takes."""
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, tmp_path, **{name: value})

    (problem,) = caught.value.problems
    assert problem.startswith("HTTPS_PROXY is not valid: it is http://HOST:PORT")
    assert "planted" not in problem


def test_a_secret_that_is_no_text_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that was copied as bytes."""
    (tmp_path / "SLACK_APP_TOKEN").write_bytes(b"\xff\xfeplanted")
    with pytest.raises(SettingsError, match="SLACK_APP_TOKEN can't be read from its file: it is not a text file"):
        _load(monkeypatch, tmp_path, SECRETS_DIR=str(tmp_path))


def test_a_wrong_folder_of_secrets_hides_no_other_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One run shows all there is to mend."""
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, tmp_path, SECRETS_DIR=str(tmp_path / "nowhere"), SLACK_BOT_TOKEN=None)

    assert [problem.split()[0] for problem in caught.value.problems] == ["SECRETS_DIR", "SLACK_BOT_TOKEN"]


@pytest.mark.parametrize(
    ("bad", "line"), [("NAME: planted\n", 2), ("NAME:planted\n", 2), ('NAME="planted\n', 2), ("\n\n=planted\n", 4)]
)
def test_a_line_that_holds_no_setting_is_told(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    bad: str,
    line: int,
) -> None:
    """By its number and not by what it says; what is missing is told beside, to commands that need some alone too."""
    env_file = tmp_path / ".env"
    lines = [f"{name}={value}\n" for name, value in _GOOD.items()]
    env_file.write_text(lines[0] + bad + "".join(lines[1:]))
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError) as caught:
        load_settings(env_file=env_file)
    with pytest.raises(SettingsError) as required:
        read_settings(env_file=env_file).require({"CODEMIE_API_URL"})

    told, secrets = caught.value.problems
    assert told.startswith(f".env is not valid in line {line}: ")
    assert secrets.startswith("SECRETS_DIR")
    assert required.value.problems == (told,)
    assert "planted" not in told
    assert caplog.records == []


def test_of_many_lines_some_are_told(tmp_path: Path) -> None:
    """A file in another form is one problem; and what it lacks is told beside."""
    env_file = tmp_path / ".env"
    env_file.write_text("".join(f"{name}: {value}\n" for name, value in _GOOD.items()) * 2)
    with pytest.raises(SettingsError, match=r"\.env is not valid in line 1, 2, 3, 4, 5 and 5 more: ") as caught:
        load_settings(env_file=env_file)

    assert len(caught.value.problems) == 1 + len(_GOOD)


def test_lines_that_say_nothing_are_no_trouble(tmp_path: Path) -> None:
    """Comments, blank lines, names alone, quoted values over several lines, and what shells take."""
    env_file = tmp_path / ".env"
    odd = "\ufeff# a: b\n\nPATH\nexport OTHER='a: b\nc' # d: e\n"
    env_file.write_text(odd + "".join(f"{name}={value}\n" for name, value in _GOOD.items()))

    assert load_settings(env_file=env_file).codemie_user_id == "dev"


@pytest.mark.parametrize("url", ["postgresql://u:p@h:5432/db", "postgresql:///db?host=/run/postgresql", "sqlite:///a"])
def test_a_database_is_a_file_or_a_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> None:
    """With a host or the folder of a socket."""
    assert _load(monkeypatch, tmp_path, DATABASE_URL=url).database == url


def test_a_folder_in_the_place_of_the_file_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Docker makes one where what is to be mounted is not there; what the environment lacks is told beside."""
    env_file = tmp_path / ".env"
    env_file.mkdir()
    for name, value in _GOOD.items():
        if name != "SLACK_BOT_TOKEN":
            monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings(env_file=env_file)

    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        ".env is not valid",
        "SLACK_BOT_TOKEN is missing",
    ]


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    """A .env saved by a careless editor."""
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"SLACK_BOT_TOKEN=\xff\xfe")

    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings(env_file=env_file)


_INSTALLS = {
    "SLACK_BOT_TOKEN": None,
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "planted-client-secret",
    "PUBLIC_URL": "https://bot.example",
    "INSTALL_TEAMS": "T1, E2,",
    "TOKEN_ENCRYPTION_KEY": "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
}


def test_installs_need_no_bot_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Who may install the app is read leniently: blanks and commas, a comma too many."""
    settings = _load(monkeypatch, tmp_path, **_INSTALLS)

    assert settings.slack_bot_token is None
    assert settings.welcome == {"T1", "E2"}


def test_what_installs_need_is_told_in_one_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With how to make a key."""
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, tmp_path, SLACK_BOT_TOKEN=None, INSTALL_TEAMS="*")

    problems = caught.value.problems
    assert [problem.split()[0] for problem in problems] == [
        "PUBLIC_URL",
        "SLACK_CLIENT_ID",
        "SLACK_CLIENT_SECRET",
        "TOKEN_ENCRYPTION_KEY",
    ]
    assert "urlsafe_b64encode" in problems[-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_ENCRYPTION_KEY", "planted-too-short"),
        ("TOKEN_ENCRYPTION_KEY", f"{_INSTALLS['TOKEN_ENCRYPTION_KEY']},"),
        ("TOKEN_ENCRYPTION_KEY", "ключ"),
        ("INSTALL_TEAMS", "T1,planted"),
    ],
)
def test_what_nobody_could_install_with_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    """At the start, and not when the first workspace comes; without the value."""
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, tmp_path, **{**_INSTALLS, name: value})

    assert [problem.split(":")[0] for problem in caught.value.problems] == [f"{name} is not valid"]
    assert "planted" not in str(caught.value)
