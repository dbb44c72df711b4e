"""Set-ups that are broken in one way each, for the doctor: what is done to a healthy one, and what is to be found."""

import sqlite3
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import trustme
from aiohttp import web
from silence import keeping_silent

from bot.demo.codemie import BuiltInCodemie, Fault
from bot.demo.codemie.assistants import make_model
from bot.demo.workspace import Workspace
from bot.doctor.codes import Code
from bot.loose_settings import Reading, read_settings

SIGNING_SECRET: Final = "0123456789abcdef0123456789abcdef"
CLIENT_SECRET: Final = "fedcba9876543210fedcba9876543210"
PLANTED: Final = "planted-secret-words"
# What time it is in these tests, for Slack as for the doctor.
EPOCH_S: Final = 1_800_000_000.0
_HTML: Final = "<html><body>planted-secret-words: sign in</body></html>"
_NO_REALM: Final = b'{"error":"Realm does not exist"}'


@dataclass(kw_only=True)
class Clock:
    """Slack's clock, which stands still, unless it is to go with that of a process."""

    now_s: float = EPOCH_S
    is_going: bool = False

    def tell(self) -> float:
        """Tell the time."""
        return time.time() if self.is_going else self.now_s


@dataclass(kw_only=True)
class World:
    """Slack, CodeMie and a server that is neither, with the lines of an ``.env`` file about them.

    ``answer`` is what the third server answers; ``held`` is closed with the world. ``authority`` has signed what
    stands at ``expired_url`` and at ``misnamed_url``.
    """

    workspace: Workspace
    codemie: BuiltInCodemie
    clock: Clock
    folder: Path
    values: dict[str, str] = field(default_factory=dict)
    answer: web.Response | None = None
    url: str = ""
    tls_url: str = ""
    silent_url: str = ""
    expired_url: str = ""
    misnamed_url: str = ""
    held: ExitStack = field(default_factory=ExitStack)

    def set(self, **values: str | None) -> None:
        """Change settings; None removes one."""
        self.values |= {name: value for name, value in values.items() if value is not None}
        for name in [name for name, value in values.items() if value is None]:
            del self.values[name]

    @property
    def authority(self) -> Path:
        """The certificate of an authority that is trusted where SSL_CERT_FILE names it."""
        return self.folder / "authority.pem"

    @property
    def env_file(self) -> Path:
        """The file that the settings are read from."""
        return self.folder / ".env"

    def read(self) -> Reading:
        """Write the settings to the file and read them as the command does."""
        self.env_file.write_text("".join(f"{name}={value}\n" for name, value in self.values.items()))
        self.env_file.chmod(0o600)
        return read_settings(env_file=self.env_file)


@asynccontextmanager
async def open_world(folder: Path) -> AsyncIterator[World]:
    """Open a world in which all is well."""
    clock = Clock()
    async with (
        Workspace(signing_secret=SIGNING_SECRET, clock=clock.tell) as workspace,
        BuiltInCodemie(answer=lambda _: "yes", assistants=("carrier",)) as codemie,
    ):
        world = World(workspace=workspace, codemie=codemie, clock=clock, folder=folder)
        async with _serve(world):
            world.set(**_list_healthy(world))
            with world.held:
                yield world


def _list_healthy(world: World) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": world.workspace.bot_token,
        "SLACK_APP_TOKEN": world.workspace.app_token,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_CLIENT_ID": "123.456",
        "SLACK_CLIENT_SECRET": CLIENT_SECRET,
        "SLACK_API_URL": world.workspace.api_url,
        "CODEMIE_API_URL": world.codemie.api_url,
        "CODEMIE_AUTH_URL": world.codemie.auth_url,
        "CODEMIE_CLIENT_ID": world.codemie.accounts.client_id,
        "CODEMIE_CLIENT_SECRET": world.codemie.accounts.client_secret,
        "CODEMIE_ASSISTANT_ID": "carrier",
        "CODEMIE_PROJECT": "demo",
        "CODEMIE_MODEL": "gpt-4.1",
        "API_TOKEN": "0123456789abcdefghijklmnop",
        "DATA_DIR": str(world.folder / "data"),
    }


@asynccontextmanager
async def _serve(world: World) -> AsyncIterator[None]:
    """Serve the same answer at every path: in the clear, under certificates with a fault each, and never."""

    async def answer(_: web.Request) -> web.Response:
        given = world.answer or web.Response(text=_HTML, content_type="text/html")
        return web.Response(status=given.status, body=given.body, headers=given.headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(world.authority)
    issued_at, expired_at = (datetime(year, 1, 1, tzinfo=UTC) for year in (2019, 2020))
    certificates = (
        trustme.CA().issue_cert("127.0.0.1"),
        authority.issue_cert("127.0.0.1", not_before=issued_at, not_after=expired_at),
        authority.issue_cert("other.example"),
    )
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        for certificate in certificates:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            certificate.configure_cert(context)
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        plain, *secure = (address[1] for address in runner.addresses)
        world.url = f"http://127.0.0.1:{plain}"
        world.tls_url, world.expired_url, world.misnamed_url = (f"https://127.0.0.1:{port}" for port in secure)
        async with keeping_silent() as silent:
            world.silent_url = f"http://127.0.0.1:{silent}"
            yield
    finally:
        await runner.cleanup()


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """One way to be broken: what is done, the code to be found, and what its line and advice must say."""

    code: Code
    spoil: Callable[[World], object]
    words: tuple[str, ...]


def _use_local_login(world: World) -> None:
    world.set(CODEMIE_AUTH_URL=None, CODEMIE_CLIENT_ID=None, CODEMIE_CLIENT_SECRET=None)
    world.set(CODEMIE_USERNAME=world.codemie.accounts.username, CODEMIE_PASSWORD=PLANTED)


def _use_password(world: World) -> None:
    world.set(CODEMIE_USERNAME="bot@example.com", CODEMIE_PASSWORD=PLANTED)


def _use_dev_user(world: World) -> None:
    world.set(CODEMIE_AUTH_URL=None, CODEMIE_CLIENT_ID=None, CODEMIE_CLIENT_SECRET=None, CODEMIE_USER_ID="dev")


def _use_pair(world: World, flow: str = "flow", page: str = "page") -> None:
    for name in (flow, page):
        world.codemie.assistants.add(name)
    world.set(CODEMIE_ASSISTANT_ID=None, CODEMIE_FLOW_ASSISTANT_ID=flow, CODEMIE_UI_ASSISTANT_ID=page)


def _refuse_logins(world: World, status: int, body: bytes) -> None:
    world.codemie.login_faults.extend([Fault(status=status, body=body)] * 4)


def _change(world: World, assistant: str, **values: object) -> None:
    world.codemie.assistants.add(assistant).update(values)


def _switch_model_off(world: World) -> None:
    world.codemie.assistants.models.append(make_model("old", is_enabled=False))
    _change(world, "carrier", llm_model_type="old")


def _write(world: World, text: str) -> Path:
    path = world.folder / "odd"
    path.write_text(text)
    return path


def _have_database_held(world: World) -> None:
    path = world.folder / "held.sqlite"
    connection = world.held.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
    connection.execute("BEGIN EXCLUSIVE")
    world.set(DATABASE_URL=f"sqlite:///{path}")


def _use_prompt(world: World, prompt: str) -> None:
    _use_pair(world)
    world.codemie.assistants.records["page"]["system_prompt"] = prompt


def _have_local_refused(world: World) -> None:
    _use_local_login(world)
    world.answer = web.Response(status=404, text="{}", content_type="application/json")
    world.codemie.login_faults.append(Fault.wrong_path())


SLACK: Final = (
    Breakage(
        code=Code.SLACK_TOKEN_KIND,
        spoil=lambda world: world.set(SLACK_BOT_TOKEN=f"xapp-{PLANTED}"),
        words=("SLACK_BOT_TOKEN holds a token that begins with xapp-", "belongs to SLACK_APP_TOKEN"),
    ),
    Breakage(
        code=Code.SLACK_TOKEN_KIND,
        spoil=lambda world: world.set(SLACK_BOT_TOKEN=f"xoxp-{PLANTED}"),
        words=("begins with xoxp-", "bot token (xoxb-…)"),
    ),
    Breakage(
        code=Code.SLACK_TOKEN_KIND,
        spoil=lambda world: world.set(SLACK_BOT_TOKEN=PLANTED),
        words=("no token of Slack's", "OAuth & Permissions"),
    ),
    Breakage(
        code=Code.SLACK_TOKEN_REFUSED,
        spoil=lambda world: world.set(SLACK_BOT_TOKEN=f"xoxb-{PLANTED}"),
        words=("invalid_auth", "install the app to the workspace again"),
    ),
    Breakage(
        code=Code.SLACK_TOKEN_REFUSED,
        spoil=lambda world: world.workspace.faults.answer_error("auth.test", "account_inactive"),
        words=("account_inactive", "SLACK_BOT_TOKEN"),
    ),
    Breakage(
        code=Code.SLACK_SCOPES_MISSING,
        spoil=lambda world: world.workspace.scopes.difference_update({"files:write", "im:write"}),
        words=("add files:write, im:write under OAuth & Permissions", "install the app to the workspace again"),
    ),
    Breakage(
        code=Code.SLACK_SCOPES_OPTIONAL,
        spoil=lambda world: world.workspace.scopes.discard("reactions:write"),
        words=("without reactions:write", "a word of thanks"),
    ),
    Breakage(
        code=Code.SLACK_GUESTS_UNKNOWN,
        spoil=lambda world: world.workspace.scopes.discard("users:read"),
        words=("without users:read they can't be told from members", "ALLOW_GUESTS=yes"),
    ),
    Breakage(
        code=Code.SLACK_SCOPES_EXTRA,
        spoil=lambda world: world.workspace.scopes.add("admin"),
        words=("does not need admin",),
    ),
    Breakage(
        code=Code.SLACK_CLOCK,
        spoil=lambda world: setattr(world.clock, "now_s", EPOCH_S + 400),
        words=("400 s behind Slack's", "NTP", "five minutes"),
    ),
    Breakage(
        code=Code.SLACK_APP_TOKEN_KIND,
        spoil=lambda world: world.set(SLACK_APP_TOKEN=f"xoxb-{PLANTED}"),
        words=("SLACK_APP_TOKEN holds a token that begins with xoxb-", "belongs to SLACK_BOT_TOKEN"),
    ),
    Breakage(
        code=Code.SLACK_APP_TOKEN_REFUSED,
        spoil=lambda world: world.set(SLACK_APP_TOKEN=f"xapp-{PLANTED}"),
        words=("invalid_auth", "connections:write", "SLACK_APP_TOKEN"),
    ),
    Breakage(
        code=Code.SLACK_APP_TOKEN_SCOPE,
        spoil=lambda world: world.workspace.app_scopes.clear(),
        words=("missing_scope", "connections:write"),
    ),
    Breakage(
        code=Code.SLACK_SOCKET_MODE,
        spoil=lambda world: world.workspace.faults.answer_error("apps.connections.open", "access_denied"),
        words=("access_denied", "turn on Socket Mode"),
    ),
    Breakage(
        code=Code.SLACK_SIGNING_SECRET_ODD,
        spoil=lambda world: world.set(SLACK_SIGNING_SECRET=PLANTED),
        words=("32 hexadecimal digits", "SLACK_SIGNING_SECRET"),
    ),
    Breakage(
        code=Code.SLACK_SIGNING_SECRET_SAME,
        spoil=lambda world: world.set(SLACK_SIGNING_SECRET=CLIENT_SECRET),
        words=("not the Client Secret",),
    ),
    Breakage(
        code=Code.SLACK_CLIENT_ODD,
        spoil=lambda world: world.set(SLACK_CLIENT_ID="A0123"),
        words=("two numbers with a dot",),
    ),
    Breakage(
        code=Code.SLACK_CLIENT_SAME,
        spoil=lambda world: world.set(SLACK_CLIENT_ID=CLIENT_SECRET),
        words=("SLACK_CLIENT_ID and SLACK_CLIENT_SECRET are the same",),
    ),
    Breakage(
        code=Code.SLACK_FOREIGN,
        spoil=lambda world: world.set(SLACK_API_URL=f"{world.url}/api/"),
        words=("http_200", "SLACK_API_URL"),
    ),
    Breakage(
        code=Code.SLACK_UNREACHABLE,
        spoil=lambda world: world.set(SLACK_API_URL="http://127.0.0.1:9/api/"),
        words=("nothing listens there", "SLACK_API_URL"),
    ),
    Breakage(
        code=Code.SLACK_UNREACHABLE,
        spoil=lambda world: world.workspace.faults.answer_status("auth.test", 503),
        words=("http_503",),
    ),
    Breakage(
        code=Code.SLACK_TLS,
        spoil=lambda world: world.set(SLACK_API_URL=f"{world.tls_url}/api/"),
        words=("certificate is not trusted", "SSL_CERT_FILE"),
    ),
    Breakage(
        code=Code.CERTIFICATE_EXPIRED,
        spoil=lambda world: world.set(SLACK_API_URL=f"{world.expired_url}/api/", SSL_CERT_FILE=str(world.authority)),
        words=("127.0.0.1: its certificate has expired", "renew", "clock"),
    ),
    Breakage(
        code=Code.CERTIFICATE_MISNAMED,
        spoil=lambda world: world.set(SLACK_API_URL=f"{world.misnamed_url}/api/", SSL_CERT_FILE=str(world.authority)),
        words=("that of another name", "the host in SLACK_API_URL"),
    ),
    Breakage(
        code=Code.NOT_TLS,
        spoil=lambda world: world.set(SLACK_API_URL=f"{world.url.replace('http', 'https')}/api/"),
        words=("it does not speak https there", "the port in SLACK_API_URL"),
    ),
    Breakage(
        code=Code.TIMED_OUT,
        spoil=lambda world: world.set(SLACK_API_URL=f"{world.silent_url}/api/"),
        words=("nothing within", "firewall"),
    ),
)
CODEMIE: Final = (
    Breakage(
        code=Code.CODEMIE_PATH,
        spoil=lambda world: world.set(CODEMIE_API_URL=world.codemie.api_url.removesuffix("/code-assistant-api")),
        words=("answers 404", "ends with /code-assistant-api"),
    ),
    Breakage(
        code=Code.CODEMIE_PATH,
        spoil=lambda world: world.set(CODEMIE_API_URL=f"{world.codemie.api_url}/v1"),
        words=("/v1 is not part of it",),
    ),
    Breakage(
        code=Code.CODEMIE_FOREIGN,
        spoil=lambda world: world.set(CODEMIE_API_URL=world.url),
        words=("lacks /code-assistant-api", "a web page"),
    ),
    Breakage(
        code=Code.CODEMIE_LOGIN_PAGE,
        spoil=lambda world: world.codemie.health_faults.append(Fault.login_page()),
        words=("answers 302", "login page"),
    ),
    Breakage(
        code=Code.CODEMIE_FAILING,
        spoil=lambda world: world.codemie.health_faults.append(Fault.html(503)),
        words=("answers 503", "down"),
    ),
    Breakage(
        code=Code.CODEMIE_UNREACHABLE,
        spoil=lambda world: world.set(CODEMIE_API_URL="http://127.0.0.1:9/code-assistant-api"),
        words=("nothing listens there", "CODEMIE_API_URL"),
    ),
    Breakage(
        code=Code.CODEMIE_TLS,
        spoil=lambda world: world.set(CODEMIE_API_URL=f"{world.tls_url}/code-assistant-api"),
        words=("certificate is not trusted", "SSL_CERT_FILE"),
    ),
    Breakage(
        code=Code.CERTIFICATE_EXPIRED,
        spoil=lambda world: world.set(CODEMIE_API_URL=world.expired_url, SSL_CERT_FILE=str(world.authority)),
        words=("its certificate has expired", "renew"),
    ),
    Breakage(
        code=Code.CERTIFICATE_MISNAMED,
        spoil=lambda world: world.set(CODEMIE_API_URL=world.misnamed_url, SSL_CERT_FILE=str(world.authority)),
        words=("that of another name", "the host in CODEMIE_API_URL"),
    ),
    Breakage(
        code=Code.NOT_TLS,
        spoil=lambda world: world.set(CODEMIE_API_URL=world.codemie.api_url.replace("http", "https")),
        words=("it does not speak https there", "the port in CODEMIE_API_URL"),
    ),
    Breakage(
        code=Code.TIMED_OUT,
        spoil=lambda world: world.set(CODEMIE_API_URL=f"{world.silent_url}/code-assistant-api"),
        words=("nothing in time",),
    ),
    Breakage(
        code=Code.LOGIN_CLIENT,
        spoil=lambda world: world.set(CODEMIE_CLIENT_SECRET=PLANTED),
        words=("answers 401: invalid_client", "CODEMIE_CLIENT_ID", "CODEMIE_AUTH_REALM"),
    ),
    Breakage(
        code=Code.LOGIN_CLIENT_NOT_ALLOWED,
        spoil=lambda world: _refuse_logins(world, 401, b'{"error":"unauthorized_client"}'),
        words=("unauthorized_client", "Service accounts roles"),
    ),
    Breakage(
        code=Code.LOGIN_PASSWORD,
        spoil=_use_password,
        words=("invalid_grant", "CODEMIE_PASSWORD"),
    ),
    Breakage(
        code=Code.LOGIN_PASSWORD,
        spoil=_use_local_login,
        words=("401", "CODEMIE_USERNAME"),
    ),
    Breakage(
        code=Code.LOGIN_PATH,
        spoil=lambda world: _refuse_logins(world, 404, _NO_REALM),
        words=("answers 404", "CODEMIE_AUTH_REALM", "/auth at its end"),
    ),
    Breakage(
        code=Code.LOGIN_NOT_LOCAL,
        spoil=_have_local_refused,
        words=("set CODEMIE_AUTH_URL",),
    ),
    Breakage(
        code=Code.LOGIN_REFUSED,
        spoil=lambda world: _refuse_logins(world, 400, b'{"error":"invalid_scope"}'),
        words=("answers 400: invalid_scope",),
    ),
    Breakage(
        code=Code.LOGIN_TOO_OFTEN,
        spoil=lambda world: world.codemie.login_faults.append(Fault.rate_limited()),
        words=("quarter of an hour",),
    ),
    Breakage(
        code=Code.LOGIN_FOREIGN,
        spoil=lambda world: world.set(CODEMIE_AUTH_URL=world.url),
        words=("without a token", "CODEMIE_AUTH_URL"),
    ),
    Breakage(
        code=Code.LOGIN_UNREACHABLE,
        spoil=lambda world: world.set(CODEMIE_AUTH_URL="http://127.0.0.1:9"),
        words=("nothing listens there", "CODEMIE_AUTH_URL"),
    ),
    Breakage(
        code=Code.LOGIN_TLS,
        spoil=lambda world: world.set(CODEMIE_AUTH_URL=world.tls_url),
        words=("certificate is not trusted", "Keycloak's"),
    ),
    Breakage(
        code=Code.CERTIFICATE_EXPIRED,
        spoil=lambda world: world.set(CODEMIE_AUTH_URL=world.expired_url, SSL_CERT_FILE=str(world.authority)),
        words=("its certificate has expired", "renew"),
    ),
    Breakage(
        code=Code.CERTIFICATE_MISNAMED,
        spoil=lambda world: world.set(CODEMIE_AUTH_URL=world.misnamed_url, SSL_CERT_FILE=str(world.authority)),
        words=("that of another name", "the host in CODEMIE_AUTH_URL"),
    ),
    Breakage(
        code=Code.NOT_TLS,
        spoil=lambda world: world.set(CODEMIE_AUTH_URL=world.url.replace("http", "https")),
        words=("it does not speak https there", "the port in CODEMIE_AUTH_URL"),
    ),
    Breakage(
        code=Code.TIMED_OUT,
        spoil=lambda world: world.set(CODEMIE_AUTH_URL=world.silent_url),
        words=("nothing in time", "firewall"),
    ),
    Breakage(
        code=Code.PROJECT_FOREIGN,
        spoil=lambda world: world.set(CODEMIE_PROJECT="foreign"),
        words=("is not in foreign, but in demo", "CODEMIE_PROJECT"),
    ),
    Breakage(
        code=Code.MODEL_UNKNOWN,
        spoil=lambda world: world.set(CODEMIE_MODEL="gpt-9"),
        words=("CODEMIE_MODEL is gpt-9; there are gpt-4.1, claude-4-sonnet",),
    ),
    Breakage(
        code=Code.ASSISTANT_NOT_FOUND,
        spoil=lambda world: world.set(CODEMIE_ASSISTANT_ID="nowhere"),
        words=("CODEMIE_ASSISTANT_ID is nowhere", "codemie-bot setup"),
    ),
    Breakage(
        code=Code.ASSISTANT_DENIED,
        spoil=lambda world: _change(world, "carrier", shared=False),
        words=("CODEMIE_ASSISTANT_ID is carrier", "this account may not use it", "share it"),
    ),
    Breakage(
        code=Code.ASSISTANT_NOT_BARE,
        spoil=lambda world: _change(world, "carrier", toolkits=[{"toolkit": "Git"}], mcp_servers=[{}]),
        words=("it has tools, MCP servers", "take them away", "setup --repair"),
    ),
    Breakage(
        code=Code.ASSISTANT_MODEL_UNKNOWN,
        spoil=lambda world: _change(world, "carrier", llm_model_type="gpt-3"),
        words=("its model is gpt-3; there are gpt-4.1", "default model"),
    ),
    Breakage(
        code=Code.ASSISTANT_MODEL_UNKNOWN,
        spoil=_switch_model_off,
        words=("its model is old",),
    ),
    Breakage(
        code=Code.ASSISTANT_PROMPT_MISSING,
        spoil=lambda world: _use_prompt(world, " "),
        words=("no prompt of its own", "codemie-bot prompts flow"),
    ),
    Breakage(
        code=Code.ASSISTANT_PROMPT_TEMPLATE,
        spoil=lambda world: _use_prompt(world, "Answer {{ like this }}"),
        words=("marks of a template", "{% raw %}"),
    ),
)


def _take_dev_user_away(world: World) -> None:
    """Have the server refuse the header, as one that is not for development does."""
    _use_dev_user(world)
    world.codemie.accounts.believes_header = False


def _refuse_tokens(world: World) -> None:
    """Have CodeMie refuse what Keycloak gives out, as where it trusts another realm."""
    world.codemie.accounts.trusts_tokens = False


def _leave_projects(world: World) -> None:
    world.codemie.assistants.projects = ()
    world.set(CODEMIE_PROJECT=None)


ACCOUNTS: Final = (
    Breakage(
        code=Code.DEV_USER_REFUSED,
        spoil=_take_dev_user_away,
        words=("CODEMIE_USER_ID works on development servers only",),
    ),
    Breakage(
        code=Code.TOKEN_NOT_ACCEPTED,
        spoil=_refuse_tokens,
        words=("CodeMie refuses", "realm", "scope codemie"),
    ),
    Breakage(code=Code.PROJECTS_NONE, spoil=_leave_projects, words=("in no project", "administrator")),
)
MACHINE: Final = (
    Breakage(
        code=Code.SETTING_MISSING,
        spoil=lambda world: world.set(SLACK_BOT_TOKEN=None),
        words=("SLACK_BOT_TOKEN is missing", ".env"),
    ),
    Breakage(
        code=Code.SETTING_MISSING,
        spoil=lambda world: world.set(CODEMIE_ASSISTANT_ID=None),
        words=("CODEMIE_ASSISTANT_ID is missing", "codemie-bot setup"),
    ),
    Breakage(
        code=Code.SETTING_INVALID,
        spoil=lambda world: world.set(PORT=PLANTED),
        words=("PORT is not valid", "README.md"),
    ),
    Breakage(
        code=Code.ENV_FILE_UNREAD,
        spoil=lambda world: world.values.update({"NAME: of": PLANTED}),
        words=(".env is not valid in line 16: ", "NAME=value"),
    ),
    Breakage(
        code=Code.ENV_FILE_UNREAD,
        spoil=lambda world: world.values.update({"NAME:of": f"'{PLANTED}"}),
        words=(".env is not valid in line 16: ", "close every quote"),
    ),
    Breakage(
        code=Code.HOST_UNUSABLE,
        spoil=lambda world: world.set(HOST=".".join(["a" * 60] * 5)),
        words=("its name is not known", "127.0.0.1"),
    ),
    Breakage(
        # https://www.rfc-editor.org/rfc/rfc5737: nobody's
        code=Code.HOST_UNUSABLE,
        spoil=lambda world: world.set(HOST="192.0.2.1"),
        words=("HOST is 192.0.2.1", "an address of this machine"),
    ),
    Breakage(
        code=Code.API_TOKEN_WEAK,
        spoil=lambda world: world.set(API_TOKEN="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        words=("1 different", "secrets.token_urlsafe"),
    ),
    Breakage(
        code=Code.CARRIER_AND_PAIR,
        spoil=lambda world: world.set(CODEMIE_FLOW_ASSISTANT_ID="a", CODEMIE_UI_ASSISTANT_ID="b"),
        words=("the pair is not used",),
    ),
    Breakage(
        code=Code.ASSISTANTS_SAME,
        spoil=lambda world: _use_pair(world, "one", "one"),
        words=("CODEMIE_ASSISTANT_ID instead of the pair",),
    ),
    Breakage(
        code=Code.DATA_DIR_UNUSABLE,
        spoil=lambda world: world.set(DATA_DIR="/dev/null/data"),
        words=("/dev/null/data", "DATA_DIR"),
    ),
    Breakage(
        code=Code.DATABASE_UNREADABLE,
        spoil=lambda world: world.set(DATABASE_URL=f"sqlite:///{_write(world, 'no database ' * 500)}"),
        words=("the file is no database", "back-up"),
    ),
    Breakage(
        code=Code.DATABASE_UNREADABLE,
        spoil=lambda world: world.set(DATABASE_URL="sqlite:////nowhere/bot.sqlite"),
        words=("/nowhere/bot.sqlite: there is no such folder",),
    ),
    Breakage(
        code=Code.DATABASE_NOT_FILE,
        spoil=lambda world: world.set(DATABASE_URL=f"sqlite:///{world.folder}"),
        words=("is a folder", "DATABASE_URL"),
    ),
    Breakage(
        code=Code.DATABASE_LOCKED,
        spoil=_have_database_held,
        words=("another program holds the database", "nothing is wrong with the database"),
    ),
    Breakage(
        code=Code.DATABASE_UNREACHABLE,
        spoil=lambda world: world.set(DATABASE_URL=f"postgresql://user:{PLANTED}@127.0.0.1:9/bot"),
        words=("PostgreSQL", "DATABASE_URL"),
    ),
    Breakage(
        code=Code.CERTIFICATES_UNUSABLE,
        spoil=lambda world: world.set(SSL_CERT_FILE=str(world.folder / "none.pem")),
        words=("can't be read", "PEM"),
    ),
    Breakage(
        code=Code.CERTIFICATES_UNUSABLE,
        spoil=lambda world: world.set(SSL_CERT_FILE=str(_write(world, "no certificate"))),
        words=("there is no certificate in it",),
    ),
    Breakage(
        code=Code.PROXY_INVALID,
        spoil=lambda world: world.set(HTTPS_PROXY=f"socks5://user:{PLANTED}@proxy"),
        words=("HTTPS_PROXY is not valid", "http://host:port"),
    ),
    Breakage(
        code=Code.PROXY_INVALID,
        spoil=lambda world: world.set(HTTP_PROXY=f"ftp://user:{PLANTED}@proxy"),
        words=("HTTP_PROXY is not valid", "http://host:port"),
    ),
)


def _have_nothing_found(world: World) -> None:
    """Have the address answer as a proxy does that does not let previews in."""
    world.answer = web.Response(status=404, text="404: Not Found")
    world.set(PUBLIC_URL=world.url)


PUBLIC: Final = (
    Breakage(
        code=Code.PUBLIC_URL_UNREACHABLE,
        spoil=lambda world: world.set(PUBLIC_URL="http://127.0.0.1:9"),
        words=("nothing listens there", "HOST and PORT"),
    ),
    Breakage(
        code=Code.PUBLIC_URL_UNREACHABLE,
        spoil=lambda world: world.set(PUBLIC_URL=f"http://{'a' * 64}.invalid"),
        words=("its name is not known",),
    ),
    Breakage(
        code=Code.PUBLIC_URL_FOREIGN,
        spoil=lambda world: world.set(PUBLIC_URL=world.url),
        words=("/p/doctor answers 200, not as the bot does",),
    ),
    Breakage(
        code=Code.PUBLIC_URL_FOREIGN,
        spoil=_have_nothing_found,
        words=("/p/doctor answers 404, not as the bot does", "below /p/"),
    ),
    Breakage(
        code=Code.INSTALLS_NEED_HTTPS,
        spoil=lambda world: world.set(
            INSTALL_TEAMS="*", TOKEN_ENCRYPTION_KEY="A" * 43 + "=", PUBLIC_URL="http://bot.example"
        ),
        words=("/slack/oauth_redirect", "https"),
    ),
    Breakage(
        code=Code.PREVIEWS_NEED_HTTPS,
        spoil=lambda world: world.set(PUBLIC_URL="http://bot.invalid", PREVIEW_SCRIPTS="model", PREVIEW_ACCESS="link"),
        words=("PREVIEW_SCRIPTS=model", "https"),
    ),
)
