"""The built-in CodeMie: the real server's wire format on loopback, with answers and failures as they are told."""

from bot.demo.codemie.faults import Ending, Fault
from bot.demo.codemie.records import ChatCall, ChatTurn, ClosedStream, Turn
from bot.demo.codemie.server import BuiltInCodemie

__all__ = ["BuiltInCodemie", "ChatCall", "ChatTurn", "ClosedStream", "Ending", "Fault", "Turn"]
