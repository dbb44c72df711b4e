"""The connections by which traces leave, made with requests: OpenTelemetry's exporter takes a session of that alone."""

from typing import Any

import requests
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from bot.network import Network
from bot.proxies import Proxies


def open_otlp_session(network: Network) -> requests.Session:
    """Open a session that goes by the same certificates and proxies as the other clients; whoever opens it closes it.

    It is for ``OTLPSpanExporter(session=…)``.
    """
    session = requests.Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, _NetworkAdapter(network))
    return session


class _NetworkAdapter(HTTPAdapter):
    """requests' connections, with our certificates and by our choice of proxies."""

    def __init__(self, network: Network) -> None:
        self._network = network
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - requests' interface
        """Connect with our certificates."""
        super().init_poolmanager(*args, **options, ssl_context=self._network.tls)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:  # noqa: ANN401 - as above
        """Connect with them by a proxy too."""
        return super().proxy_manager_for(proxy, **options, ssl_context=self._network.tls)

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """Give the proxy the name and password that it asks for."""
        known = _list_headers(self._network.proxies)
        return known.get(proxy.rstrip("/"), {})

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:  # noqa: ANN401 - as above
        """Send a request by the proxy for its address, if there is one."""
        proxy = self._network.proxies.find(str(request.url))
        options["proxies"] = {"https": proxy.url, "http": proxy.url} if proxy else {}
        return super().send(request, *args, **options)


def _list_headers(proxies: Proxies) -> dict[str, dict[str, str]]:
    return {proxy.url: proxy.headers for proxy in (proxies.http, proxies.https) if proxy}
