"""Where the bot listens: whether HOST is an address of this machine."""

import socket
from typing import Final

from bot.doctor.codes import Code
from bot.doctor.findings import Finding, report

_NAME: Final = "address"


def check_host(host: str) -> Finding:
    """Tell whether the server can listen at a host, at a port of the system's choice; the bot may have its own."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in found:
            _try_address(family, kind, protocol, address)
    except (socket.gaierror, UnicodeError):
        return report(_NAME, Code.HOST_UNUSABLE, f"HOST is {host}: its name is not known")
    except OSError as error:
        return report(_NAME, Code.HOST_UNUSABLE, f"HOST is {host}: {error.strerror}")
    return report(_NAME, Code.OK, f"{host} is this machine's")


def _try_address(family: int, kind: int, protocol: int, address: tuple[object, ...]) -> None:
    """Bind a socket that does not listen; a kind of address that this machine lacks is passed over, as in asyncio."""
    try:
        tried = socket.socket(family, kind, protocol)
    except OSError:
        return
    with tried:
        tried.bind(address)
