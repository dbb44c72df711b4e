"""What is done with a workspace that no person in it could do: its deliveries and its sockets, by hand."""

from bot.demo.workspace.delivery import Courier
from bot.demo.workspace.events import Events
from bot.demo.workspace.records import Json
from bot.demo.workspace.socket_mode import SocketHub
from bot.demo.workspace.traffic import Delivery, DeliveryKind


class Backstage:
    """Says where the bot is, breaks its sockets, and delivers what it likes."""

    _courier: Courier
    _events: Events
    _sockets: SocketHub

    @property
    def events_url(self) -> str | None:
        """Where the bot takes requests; None while it comes by Socket Mode."""
        return self._courier.events_url

    @events_url.setter
    def events_url(self, url: str | None) -> None:
        self._courier.events_url = url

    @property
    def socket_count(self) -> int:
        """How many Socket Mode sockets are open."""
        return self._sockets.count

    async def refresh_sockets(self, *, notice_s: float = 0.0, pause_s: float = 0.0) -> None:
        """Ask the bot's sockets to reconnect, as Slack does every few hours.

        A warning goes ``notice_s`` ahead, if that is not 0; ``pause_s`` lies between two sockets.
        """
        await self._sockets.refresh(notice_s=notice_s, pause_s=pause_s)

    async def close_sockets(self) -> None:
        """Close the bot's sockets without a word."""
        await self._sockets.close()

    def freeze_sockets(self, count: int = 1) -> None:
        """Let the oldest sockets fall silent, as when a network drops packets: open, without pongs or envelopes."""
        self._sockets.freeze(count)

    async def deliver_event(self, event: Json, *, retry_num: int = 0, event_id: str | None = None) -> Delivery:
        """Deliver any event once, as the redelivery ``retry_num``, or as a first attempt if that is 0."""
        return await self._events.deliver(event, retry_num=retry_num, event_id=event_id)

    async def deliver_interaction(self, payload: Json) -> Delivery:
        """Deliver any interaction once, by whichever way the bot comes: one that came before, or one of no page's."""
        return await self._courier.deliver(DeliveryKind.INTERACTION, payload)

    async def deliver_raw(self, body: bytes, headers: dict[str, str]) -> Delivery:
        """POST a body as it is, for what Slack would never send."""
        return await self._courier.deliver_raw(body, headers)

    def sign(self, body: bytes, timestamp: int | None = None) -> dict[str, str]:
        """Make the signature headers for a body; ``timestamp`` is now unless given."""
        return self._courier.sign(body, timestamp)
