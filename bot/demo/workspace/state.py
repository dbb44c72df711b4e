"""The workspace's memory: everything that was said and done, and who is told when it changes."""

from collections.abc import Callable, Iterable

from bot.demo.workspace.posts import Posts
from bot.demo.workspace.records import (
    Change,
    ChangeKind,
    Ephemeral,
    EphemeralSource,
    File,
    Json,
    Reaction,
    Status,
    View,
)
from bot.demo.workspace.traffic import Call, Delivery, ResponseUrlPost, UploadPost
from bot.demo.workspace.world import BOT_USER, CHANNELS, TEAM_ID, USERS, Channel, ChannelKind, User


class State(Posts):
    """What is in the workspace; every change goes through a method here, and to every observer."""

    def __init__(self, clock: Callable[[], float], *, team: str = TEAM_ID) -> None:
        super().__init__(clock)
        self.team = team
        self.users: dict[str, User] = {user.id: user for user in USERS}
        self.channels: dict[str, Channel] = {channel.id: channel for channel in CHANNELS}
        self.ephemerals: list[Ephemeral] = []
        self.reactions: list[Reaction] = []
        self.views: dict[str, View] = {}
        self.published_homes: dict[str, View] = {}
        self.sessions: dict[tuple[str, str], str] = {}
        self.session_titles: dict[tuple[str, str], str] = {}
        self.suggested_prompts: dict[str, list[Json]] = {}
        self.calls: list[Call] = []
        self.deliveries: list[Delivery] = []
        self.response_url_posts: list[ResponseUrlPost] = []
        self.upload_posts: list[UploadPost] = []

    def find_dm(self, user: str) -> Channel | None:
        """Find the DM of ``user`` with the bot."""
        pair = {user, BOT_USER}
        channels = self.channels.values()
        return next((item for item in channels if item.kind is ChannelKind.DM and item.members == pair), None)

    def find_public(self, name: str) -> Channel | None:
        """Find a public channel by its name."""
        public = (item for item in self.channels.values() if item.kind is ChannelKind.PUBLIC)
        return next((item for item in public if item.name == name), None)

    def open_dm(self, user: str) -> Channel:
        """Return the DM of ``user`` with the bot; it is made if there is none."""
        channel = self.find_dm(user)
        if channel is None:
            members = frozenset({user, BOT_USER})
            channel = Channel(id=self.make_id("D"), name="directmessage", kind=ChannelKind.DM, members=members)
            self.set_channel(channel)
        return channel

    def whisper(
        self,
        *,
        channel: str,
        user: str,
        text: str,
        source: EphemeralSource,
        blocks: Iterable[Json] = (),
        thread_ts: str | None = None,
    ) -> Ephemeral:
        """Show something to one person."""
        ephemeral = Ephemeral(
            channel=channel,
            user=user,
            ts=self.make_ts(),
            text=text,
            source=source,
            blocks=self.fill_block_ids(blocks),
            thread_ts=thread_ts,
        )
        self.ephemerals.append(ephemeral)
        self.notify(Change(kind=ChangeKind.EPHEMERAL, channel=channel, user=user))
        return ephemeral

    def find_ephemeral(self, user: str, channel: str, ts: str) -> Ephemeral | None:
        """Find what ``user`` alone sees."""
        key = (user, channel, ts)
        return next((item for item in self.ephemerals if (item.user, item.channel, item.ts) == key), None)

    def swap_ephemeral(self, previous: Ephemeral, ephemeral: Ephemeral | None) -> None:
        """Replace an ephemeral message, or take it away if ``ephemeral`` is None."""
        index = self.ephemerals.index(previous)
        self.ephemerals[index : index + 1] = [] if ephemeral is None else [ephemeral]
        self.notify(Change(kind=ChangeKind.EPHEMERAL, channel=previous.channel, user=previous.user))

    def add_reaction(self, reaction: Reaction) -> bool:
        """Keep a reaction; return False if it was there already."""
        return self._set_reaction(reaction, is_wanted=True)

    def remove_reaction(self, reaction: Reaction) -> bool:
        """Forget a reaction; return False if it was not there."""
        return self._set_reaction(reaction, is_wanted=False)

    def set_file(self, file: File) -> None:
        """Keep a file, or its new form."""
        self.files[file.id] = file
        self.notify(Change(kind=ChangeKind.FILE))

    def set_channel(self, channel: Channel) -> None:
        """Keep a channel, or its new form."""
        self.channels[channel.id] = channel
        self.notify(Change(kind=ChangeKind.CHANNEL, channel=channel.id))

    def set_user(self, user: User) -> None:
        """Keep a user, or their new form."""
        self.users[user.id] = user
        self.notify(Change(kind=ChangeKind.USER, user=user.id))

    def set_view(self, view: View) -> None:
        """Keep a modal, or its new form."""
        self.views[view.id] = view
        self.notify(Change(kind=ChangeKind.VIEW, user=view.user))

    def set_home(self, view: View) -> None:
        """Keep what a person's Home tab shows."""
        self.published_homes[view.user] = view
        self.notify(Change(kind=ChangeKind.HOME, user=view.user))

    def set_status(self, channel: str, thread_ts: str, text: str, loading_messages: tuple[str, ...]) -> None:
        """Show a status in a thread; an empty one ends it."""
        self.statuses.pop((channel, thread_ts), None)
        if text:
            status = Status(text=text, loading_messages=loading_messages, since=self.clock())
            self.statuses[channel, thread_ts] = status
        self.notify(Change(kind=ChangeKind.STATUS, channel=channel))

    def record_call(self, call: Call) -> None:
        """Remember a Web API call."""
        self.calls.append(call)
        self.notify(Change(kind=ChangeKind.CALL))

    def record_delivery(self, delivery: Delivery) -> None:
        """Remember a delivery."""
        self.deliveries.append(delivery)
        self.notify(Change(kind=ChangeKind.DELIVERY))

    def record_upload(self, post: UploadPost) -> None:
        """Remember a POST of a file's bytes."""
        self.upload_posts.append(post)
        self.notify(Change(kind=ChangeKind.UPLOAD))

    def _set_reaction(self, reaction: Reaction, *, is_wanted: bool) -> bool:
        if (reaction in self.reactions) is is_wanted:
            return False
        if is_wanted:
            self.reactions.append(reaction)
        else:
            self.reactions.remove(reaction)
        self.notify(Change(kind=ChangeKind.REACTION, channel=reaction.channel, ts=reaction.ts))
        return True
