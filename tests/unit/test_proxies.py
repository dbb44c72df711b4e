"""Proxies: which address is reached by which, and what is no proxy."""

import base64

import pytest

from bot.proxies import Proxies, is_direct, read_direct, read_proxy

_DIRECT = "example.com, .corp *.lab.example,10.0.0.0/8 host:8443,[::1],127.0.0.1,fd00::/8"


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("example.com", 443, True),
        ("EXAMPLE.com.", 443, True),
        ("a.example.com", 443, True),
        ("anexample.com", 443, False),
        ("corp", 443, True),
        ("a.b.corp", 443, True),
        ("a.lab.example", 443, True),
        ("10.250.0.1", 443, True),
        ("11.0.0.1", 443, False),
        ("host", 8443, True),
        ("host", 443, False),
        ("::1", 443, True),
        ("fd00::7", 443, True),
        ("127.0.0.1", 8080, True),
        ("127.0.0.2", 8080, False),
        ("slack.com", 443, False),
    ],
)
def test_no_proxy_covers_what_it_names(host: str, port: int, expected: bool) -> None:  # noqa: FBT001 - a table's column
    """Names with all below them, addresses, networks, and ports where they are given."""
    assert is_direct(read_direct(_DIRECT), host, port) is expected


def test_a_star_covers_everything() -> None:
    """It switches proxies off."""
    proxies = Proxies(https=read_proxy("http://proxy:3128"), direct=read_direct("*"))

    assert proxies.find("https://slack.com/api/") is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://slack.com/api/", "http://secure:1"),
        ("wss://wss.slack.com/link?ticket=1", "http://secure:1"),
        ("http://codemie:8080/", "http://plain:2"),
        ("ws://codemie:8080/", "http://plain:2"),
        ("ftp://codemie/", None),
    ],
)
def test_an_address_has_the_proxy_of_its_scheme(url: str, expected: str | None) -> None:
    """A WebSocket goes as what it begins as."""
    proxies = Proxies(https=read_proxy("secure:1"), http=read_proxy("http://plain:2"))
    found = proxies.find(url)

    assert (found.url if found else None) == expected


def test_name_and_password_are_for_the_proxy_alone() -> None:
    """They are decoded, kept out of the address, and shown nowhere."""
    proxy = read_proxy("http://olena:planted%3Ap%40ss@proxy.example:3128")
    words = base64.b64decode(proxy.headers["Proxy-Authorization"].removeprefix("Basic ")).decode()

    assert proxy.url == "http://proxy.example:3128"
    assert words == "olena:planted:p@ss"
    assert "Basic" not in f"{proxy!r} {Proxies(https=proxy)!r}"


@pytest.mark.parametrize("text", ["socks5://h:1", "https://h:1", "http://", "http://h:1/path", "http://h:1?x=1", "h:x"])
def test_what_is_no_proxy_is_refused(text: str) -> None:
    """Without being quoted: there may be a password in it."""
    with pytest.raises(ValueError, match="it is http://HOST:PORT"):
        read_proxy(text)
