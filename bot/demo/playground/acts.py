"""Does what the page asks for in a person's name: in the workspace, or with the playground itself."""

from dataclasses import dataclass
from typing import assert_never

from bot.demo.playground import requests
from bot.demo.playground.operations import Operations
from bot.demo.workspace import ChannelKind, Ephemeral, Message, View, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """Carries out acts; what is not there any more is a ``LookupError``, what may not be so a ``ValueError``."""

    workspace: Workspace
    operations: Operations

    async def carry_out(self, act: requests.Act) -> None:
        """Carry out one act."""
        user = self.workspace.state.users.get(act.user)
        if user is None or user.is_bot:
            raise LookupError(act.user)
        match act:
            case requests.SwitchTrouble() | requests.SwitchCodemie() | requests.Crash():
                await self.operations.carry_out(act)
            case requests.Say() | requests.Edit() | requests.Delete() | requests.React() | requests.Command():
                await self._speak(act)
            case requests.Click() | requests.ClickView() | requests.Submit() | requests.Close():
                await self._click(act)
            case requests.Shortcut() | requests.MessageShortcut() | requests.OpenHome() | requests.Stop():
                await self._use(act)
            case requests.Invite() | requests.Remove() | requests.SetLocale():
                self._arrange(act)
            case _:
                assert_never(act)

    async def _speak(
        self, act: requests.Say | requests.Edit | requests.Delete | requests.React | requests.Command
    ) -> None:
        self._check_member(act.user, act.channel)
        match act:
            case requests.Say():
                await self._say(act)
            case requests.Command():
                await self.workspace.send_command(
                    user=act.user, channel=act.channel, text=act.text, command=act.command
                )
            case requests.Edit():
                await self.workspace.edit_message(user=act.user, channel=act.channel, ts=act.ts, text=act.text)
            case requests.Delete():
                await self.workspace.delete_message(user=act.user, channel=act.channel, ts=act.ts)
            case requests.React():
                react = self.workspace.react if act.is_on else self.workspace.unreact
                await react(act.user, act.channel, act.ts, act.name)
            case _:
                assert_never(act)

    async def _say(self, act: requests.Say) -> None:
        if not act.text.strip() or self.workspace.state.channels[act.channel].is_archived:
            raise ValueError(act.channel)
        await self.workspace.say(
            user=act.user,
            channel=act.channel,
            text=act.text,
            thread_ts=act.thread_ts,
            is_broadcast=act.is_broadcast,
            client_msg_id=act.client_msg_id,
        )

    async def _click(self, act: requests.Click | requests.ClickView | requests.Submit | requests.Close) -> None:
        match act:
            case requests.Click():
                self._check_member(act.user, act.channel)
                await self.workspace.click(
                    act.user,
                    self._find_clickable(act),
                    act.action_id,
                    act.value,
                    block_id=act.block_id,
                    answers=act.answers,
                )
            case requests.ClickView():
                view = self._find_view(act.user, act.view_id)
                await self.workspace.click_in_view(
                    act.user, view, act.action_id, act.value, act.answers, block_id=act.block_id
                )
            case requests.Submit():
                await self.workspace.submit_view(act.user, self._find_view(act.user, act.view_id), act.answers)
            case requests.Close():
                view = self._find_view(act.user, act.view_id)
                await self.workspace.close_view(act.user, view, with_all=act.with_all)
            case _:
                assert_never(act)

    async def _use(self, act: requests.Shortcut | requests.MessageShortcut | requests.OpenHome | requests.Stop) -> None:
        match act:
            case requests.Shortcut():
                await self.workspace.use_shortcut(act.user, act.callback_id, act.channel)
            case requests.MessageShortcut():
                self._check_member(act.user, act.channel)
                message = self._find_message(act.channel, act.ts)
                await self.workspace.use_message_shortcut(act.user, message, act.callback_id)
            case requests.OpenHome():
                await self.workspace.open_home(act.user, act.tab)
            case requests.Stop():
                await self.workspace.stop_session(act.user, act.channel, act.thread_ts)
            case _:
                assert_never(act)

    def _arrange(self, act: requests.Invite | requests.Remove | requests.SetLocale) -> None:
        match act:
            case requests.Invite():
                self._check_joinable(act.user, act.channel)
                self.workspace.invite_bot(act.channel)
            case requests.Remove():
                self._check_joinable(act.user, act.channel)
                self.workspace.remove_bot(act.channel)
            case requests.SetLocale():
                self.workspace.set_locale(act.user, act.locale)
            case _:
                assert_never(act)

    def _check_member(self, user: str, channel: str) -> None:
        found = self.workspace.state.channels.get(channel)
        if found is None or user not in found.members:
            raise LookupError(channel)

    def _check_joinable(self, user: str, channel: str) -> None:
        """Check that members come and go: in a direct message they are who they are."""
        self._check_member(user, channel)
        if self.workspace.state.channels[channel].kind is ChannelKind.DM:
            raise ValueError(channel)

    def _find_message(self, channel: str, ts: str) -> Message:
        message = self.workspace.state.find_message(channel, ts)
        if message is None:
            raise LookupError(ts)
        return message

    def _find_clickable(self, act: requests.Click) -> Message | Ephemeral:
        whisper = self.workspace.find_ephemeral(act.user, act.channel, act.ts)
        return whisper or self._find_message(act.channel, act.ts)

    def _find_view(self, user: str, view_id: str) -> View:
        """Find an open modal of the person's, or their Home tab."""
        home = self.workspace.published_homes.get(user)
        offered = [*self.workspace.find_view_stack(user), *([home] if home else [])]
        found = next((view for view in offered if view.id == view_id), None)
        if found is None:
            raise LookupError(view_id)
        return found
