"""What a test or a page sees of a workspace: messages, statuses, the bytes of files."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from bot.core.limits import STATUS_LIFETIME_S
from bot.demo.workspace.observed import Observer
from bot.demo.workspace.posts import TOMBSTONE
from bot.demo.workspace.records import Ephemeral, Message, Status, View
from bot.demo.workspace.state import State

_Found = TypeVar("_Found")


class Looking:
    """Looks at what is in a workspace, and waits for it."""

    state: State

    def _expose(self) -> None:
        """Show what the bot did, under the names a reader would look for."""
        self.files = self.state.files
        self.calls = self.state.calls
        self.ephemerals = self.state.ephemerals
        self.response_url_posts = self.state.response_url_posts
        self.upload_posts = self.state.upload_posts
        self.published_homes = self.state.published_homes
        self.views = self.state.views
        self.reactions = self.state.reactions
        self.sessions = self.state.sessions
        self.session_titles = self.state.session_titles
        self.suggested_prompts = self.state.suggested_prompts
        self.deliveries = self.state.deliveries

    @property
    def statuses(self) -> dict[tuple[str, str], str]:
        """The statuses that are shown now, by channel and thread."""
        return {key: status.text for key in self.state.statuses if (status := self.status(*key))}

    def status(self, channel: str, thread_ts: str) -> Status | None:
        """Find the status that a thread shows now."""
        status = self.state.statuses.get((channel, thread_ts))
        is_over = status is None or self.state.clock() >= status.since + STATUS_LIFETIME_S
        return None if is_over else status

    def messages(self, channel: str, thread_ts: str | None = None) -> list[Message]:
        """List a channel's messages in order, replies among them, or one thread's; without tombstones."""
        found = self.state.get_messages(channel, thread_ts)
        return [message for message in found if message.subtype != TOMBSTONE]

    def find_ephemeral(self, user: str, channel: str, ts: str) -> Ephemeral | None:
        """Find what ``user`` alone sees in a channel."""
        return self.state.find_ephemeral(user, channel, ts)

    def find_view_stack(self, user: str) -> list[View]:
        """List the open modals of a person, the one at the bottom first."""
        return [view for view in self.state.views.values() if view.user == user and view.is_open]

    def read_file(self, file_id: str) -> bytes:
        """Return the bytes of an upload. Raises ``LookupError`` if there are none."""
        file = self.state.files.get(file_id)
        if file is None or file.content is None:
            raise LookupError(f"no bytes of the file {file_id}")
        return file.content

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call ``observer`` after every change, until the returned function is called."""
        return self.state.subscribe(observer)

    async def wait_for(self, predicate: Callable[[], _Found], timeout_s: float = 20.0) -> _Found:
        """Return what ``predicate`` returns once that is true; it is asked after every change.

        Raises ``TimeoutError``, which names the calls that came, after ``timeout_s`` seconds.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not (found := predicate()):
                    await self.state.wait_for_change()
        except TimeoutError:
            seen = Counter(f"{call.method} {(call.answer or {}).get('error', '')}" for call in self.calls)
            listed = ", ".join(f"{count} x {name.strip()}" for name, count in seen.items())
            raise TimeoutError(f"not within {timeout_s} s; calls so far: {listed or 'none'}") from None
        return found
