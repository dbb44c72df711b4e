"""Networks of companies: a proxy as the only way out, and certificates of a private authority, for every client."""

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from networks import ConnectProxy, Relay, listening, make_authority
from pydantic import SecretStr
from stage import Stage, open_stage_behind

from bot.codemie.auth import ClientCredentials, TokenSource
from bot.codemie.client import open_http
from bot.demo.codemie import BuiltInCodemie
from bot.demo.workspace import Workspace
from bot.errors import CodemieUnavailable
from bot.network import Network, make_direct_network, open_session
from bot.otlp_session import open_otlp_session
from bot.proxies import Proxies, read_direct, read_proxy

PROMPT = "Registration for a parking permit: name, car plate, e-mail"
# Names that nothing resolves: only the proxy knows where they are. https://www.rfc-editor.org/rfc/rfc6761#section-6.4
_SLACK, _CODEMIE, _KEYCLOAK = "slack.invalid", "codemie.invalid", "keycloak.invalid"
_NAME, _PASSWORD = "olena", "planted:p@ss"
_USERINFO = "olena:planted%3Ap%40ss"


@dataclass(slots=True, kw_only=True)
class Office:
    """What stands between the bot and its two worlds."""

    authority: Path
    tls: ssl.SSLContext
    slack: Relay
    codemie: Relay
    proxy: ConnectProxy
    names: Mapping[str, str]

    def place(self, workspace: Workspace, codemie: BuiltInCodemie) -> dict[str, str]:
        """Stand before the worlds."""
        self.slack.target, self.codemie.target = workspace.port, codemie.port
        workspace.base_url = f"https://{_SLACK}"
        return {
            "SLACK_API_URL": f"https://{_SLACK}/api/",
            "CODEMIE_API_URL": f"https://{_CODEMIE}/code-assistant-api",
            "CODEMIE_AUTH_URL": f"https://{_KEYCLOAK}/auth",
            **self.names,
        }


@asynccontextmanager
async def _open_office(folder: Path) -> AsyncIterator[Office]:
    """Open the relays and the proxy, which asks for a name and a password."""
    authority, tls = make_authority(folder, _SLACK, _CODEMIE, _KEYCLOAK, "127.0.0.1")
    slack, codemie, proxy = Relay(target=0), Relay(target=0), ConnectProxy()
    async with listening(slack, codemie, proxy, tls=tls):
        proxy.hosts = {_SLACK: slack.port, _CODEMIE: codemie.port, _KEYCLOAK: codemie.port}
        proxy.require(_NAME, _PASSWORD)
        names = {
            "HTTPS_PROXY": f"http://{_USERINFO}@127.0.0.1:{proxy.port}",
            "SSL_CERT_FILE": str(authority),
            "SLACK_APP_TOKEN": "xapp-demo",
        }
        yield Office(authority=authority, tls=tls, slack=slack, codemie=codemie, proxy=proxy, names=names)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Open what stands between."""
    async with _open_office(tmp_path) as opened:
        yield opened


def _make_network(office: Office, *, direct: str = "") -> Network:
    network = make_direct_network()
    network.tls.load_verify_locations(cafile=office.authority)
    return replace(network, proxies=Proxies(https=read_proxy(office.names["HTTPS_PROXY"]), direct=read_direct(direct)))


async def _run(stage: Stage) -> list[str]:
    """Generate where the bot may not post, which takes the response_url as well; return the thread's words."""
    await stage.workspace.wait_for(lambda: stage.workspace.socket_count == 2, 20)
    await stage.workspace.send_command(user="U1", channel="C2", text=PROMPT)
    await stage.workspace.wait_for(lambda: [m for m in stage.workspace.messages("D1") if m.files], 30)
    await stage.workspace.wait_for(lambda: stage.workspace.ephemerals, 20)
    return [str(message.blocks) for message in stage.workspace.messages("D1")]


async def test_everything_goes_by_the_proxy(office: Office, tmp_path: Path) -> None:
    """Web API, upload, response_url, WebSockets, CodeMie and Keycloak; the password shows nowhere.

    The names are known to the proxy alone, and there are no more connections than it has opened. The proxy stands in
    the environment, where libraries look for it too, the authority in ``.env``.
    """
    (tmp_path / ".env").write_text(f'SSL_CERT_FILE="{office.authority}"\n')
    async with open_stage_behind(tmp_path, office.place, settings={"SSL_CERT_FILE": None}) as stage:
        stage.workspace.scopes.discard("chat:write.public")
        await _run(stage)
        methods = {call.method for call in stage.workspace.calls}
        posts = len(stage.workspace.response_url_posts)
        log = stage.read_log()

    asked = {target: office.proxy.asked.count(target) for target in office.proxy.asked}
    assert set(asked) == {f"{name}:443" for name in (_SLACK, _CODEMIE, _KEYCLOAK)}
    assert asked[f"{_SLACK}:443"] == office.slack.count
    assert asked[f"{_CODEMIE}:443"] + asked[f"{_KEYCLOAK}:443"] == office.codemie.count
    assert {"apps.connections.open", "files.completeUploadExternal", "chat.postMessage"} <= methods
    assert posts == 1
    assert "planted" not in log
    assert _USERINFO not in log


async def test_a_missing_authority_is_told(office: Office, stage: Stage, tmp_path: Path) -> None:
    """The start ends with one line that names the setting, and exit code 2."""
    env = {**stage.env, **office.names, "SLACK_API_URL": f"https://{_SLACK}/api/", "DATA_DIR": str(tmp_path)}
    code, err = await _start({name: value for name, value in env.items() if name != "SSL_CERT_FILE"}, tmp_path)

    told = [line for line in err.splitlines() if not line.startswith("{")]
    assert code == 2
    assert len(told) == 1
    assert told[0].startswith("SSL_CERT_FILE lacks the authority of Slack's certificate")


async def _start(env: Mapping[str, str], folder: Path) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=env, cwd=folder, stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()
    return process.returncode, err.decode()


async def test_hosts_of_no_proxy_are_reached_without(office: Office) -> None:
    """By every library; the others still go by the proxy, and names beside them that only end alike too."""
    async with BuiltInCodemie(answer=lambda _: "") as codemie:
        office.codemie.target = codemie.port
        path = "/code-assistant-api/v1/healthcheck"
        near, far = f"https://127.0.0.1:{office.codemie.port}{path}", f"https://{_CODEMIE}{path}"
        statuses = [
            await _get_by_all(_make_network(office, direct="127.0.0.0/8,emie.invalid"), url) for url in (near, far)
        ]

    assert statuses == [[200] * 3] * 2
    assert office.proxy.asked == [f"{_CODEMIE}:443"] * 3
    assert office.codemie.count == 6


async def test_a_wrong_password_is_named(office: Office) -> None:
    """Who operates the bot learns that it is the proxy, and nothing of what was tried."""
    office.proxy.require("olena", "another")
    network = _make_network(office)
    async with open_http(network=network) as http:
        source = TokenSource(
            http=http,
            api_url="",
            credentials=ClientCredentials(
                token_url=f"https://{_KEYCLOAK}/auth", client_id="bot", client_secret=SecretStr("planted")
            ),
        )
        with pytest.raises(CodemieUnavailable) as caught:
            await source.get()

    assert caught.value.reason == "proxy_refused"
    assert "planted" not in str(caught.value)
    assert office.proxy.refused == 1


async def test_a_certificate_that_nobody_vouches_for_is_named(office: Office) -> None:
    """CodeMie is asked with each job, so that the log of a failed one says it."""
    async with open_http() as http:
        source = TokenSource(
            http=http,
            api_url="",
            credentials=ClientCredentials(
                token_url=f"https://127.0.0.1:{office.codemie.port}/auth",
                client_id="bot",
                client_secret=SecretStr("planted"),
            ),
        )
        with pytest.raises(CodemieUnavailable) as caught:
            await source.get()

    assert caught.value.reason == "certificate_not_trusted"


async def _get_by_all(network: Network, url: str) -> list[int]:
    """Ask with each of the three libraries."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(open_session(network))
        async with session.get(url) as first:
            pass
        http = await stack.enter_async_context(open_http(network=network))
        second = await http.get(url)
        traces = stack.enter_context(open_otlp_session(network))
        third = await asyncio.to_thread(traces.get, url, timeout=5)
    return [first.status, second.status_code, third.status_code]
