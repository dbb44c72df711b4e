"""``files.*`` and the endpoint that takes the bytes.

As in Slack, completing an upload answers before the message with the files is there, and without its ts.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from bot.demo.gate import Moment
from bot.demo.workspace.access import Access
from bot.demo.workspace.args import ApiError, Args, Method
from bot.demo.workspace.content import refuse_content
from bot.demo.workspace.faults import Drop, Faults
from bot.demo.workspace.objects import show_file
from bot.demo.workspace.records import File, Json, Message
from bot.demo.workspace.state import State
from bot.demo.workspace.stopwatch import Stopwatch
from bot.demo.workspace.traffic import UploadPost
from bot.demo.workspace.world import BOT_ID, BOT_USER


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Uploads of the bot; ``share_later`` runs what it is given a moment later.

    ``get_processing_s`` says for how many seconds a completed picture can't be shown in a block yet.
    """

    state: State
    access: Access
    faults: Faults
    get_base_url: Callable[[], str]
    share_later: Callable[[Callable[[], None]], None]
    get_processing_s: Callable[[], float]

    def get_methods(self) -> Mapping[str, Method]:
        """List the methods by name."""
        write = ("files:write",)
        return {
            "files.getUploadURLExternal": Method(handle=self.get_upload_url, scopes=write),
            "files.completeUploadExternal": Method(handle=self.complete_upload, scopes=write),
            "files.info": Method(handle=self.describe, scopes=("files:read",)),
            "files.delete": Method(handle=self.delete, scopes=write),
        }

    def get_upload_url(self, args: Args) -> Json:
        """Announce a file."""
        name = args.required("filename")
        length = args.number("length", 0)
        if length <= 0:
            raise ApiError("invalid_arguments")
        file = File(
            id=self.state.make_id("F"),
            name=name,
            length=length,
            user=BOT_USER,
            alt_text=args.optional("alt_txt"),
            snippet_type=args.optional("snippet_type"),
        )
        self.state.set_file(file)
        return {"upload_url": f"{self.get_base_url()}/upload/v1/{file.id}", "file_id": file.id}

    async def take_bytes(self, request: web.Request) -> web.Response:
        """Take the bytes of an announced file, raw or as a form's ``file``."""
        file = self.state.files.get(request.match_info["file_id"])
        if file is None or file.is_complete:
            return web.Response(status=404, text="not found")
        watch = Stopwatch.start(self.state.clock)
        args = {"filename": file.name}
        await self.faults.gate("upload", args, Moment.ARRIVED)
        fault = self.faults.take("upload", args)
        await asyncio.sleep(fault.delay_s)
        if fault.drop is not None and request.transport is not None:
            request.transport.close()
        if fault.drop is Drop.REQUEST or fault.is_refusal:
            self._record(file, watch, fault.status, 0)
            return web.Response(status=fault.status, text="upload failed")
        content = await _read_content(request)
        self.state.set_file(replace(file, content=content))
        self._record(file, watch, 200, len(content))
        await self.faults.gate("upload", args, Moment.DONE)
        return web.Response(text=f"OK - {len(content)}")

    async def serve(self, request: web.Request) -> web.Response:
        """Serve the bytes of a file."""
        file = self.state.files.get(request.match_info["file_id"])
        if file is None or file.content is None:
            raise web.HTTPNotFound
        return web.Response(body=file.content, content_type=show_file(file)["mimetype"])

    def complete_upload(self, args: Args) -> Json:
        """Finish uploads and, if a channel is named, share them there as one message, a moment later."""
        files = [self._get_uploaded(item) for item in args.items("files") or []]
        if not files:
            raise ApiError("invalid_arguments")
        channel_id = args.text("channel_id") or args.text("channels")
        channel = self.access.get_joined(channel_id).id if channel_id else None
        text, blocks = self._read_message(args)
        for file in files:
            self.state.set_file(replace(file, is_complete=True, ready_at=self.state.clock() + self.get_processing_s()))
        if channel is not None:
            message = self._make_message(channel, args.optional("thread_ts"), text, blocks, files)
            self.share_later(lambda: self._share(message))
        return {"files": [show_file(self.state.files[file.id]) for file in files]}

    def describe(self, args: Args) -> Json:
        """Describe a completed file."""
        return {"file": {**show_file(self._get(args)), "comments_count": 0}, "comments": []}

    def delete(self, args: Args) -> Json:
        """Delete a file of the bot's: https://docs.slack.dev/reference/methods/files.delete."""
        file = self._get(args)
        if file.user != BOT_USER:
            raise ApiError("cant_delete_file")
        self.state.remove_file(file)
        return {}

    def _record(self, file: File, watch: Stopwatch, status: int, size_bytes: int) -> None:
        self.state.record_upload(
            UploadPost(file=file.id, at=watch.at, took_s=watch.read(), status=status, size_bytes=size_bytes)
        )

    def _make_message(
        self, channel: str, thread_ts: str | None, text: str, blocks: list[Json], files: list[File]
    ) -> Message:
        root = self.state.find_message(channel, thread_ts) if thread_ts else None
        return Message(
            channel=channel,
            ts="",
            user=BOT_USER,
            bot_id=BOT_ID,
            subtype="file_share",
            text=text,
            blocks=tuple(blocks),
            thread_ts=root.root_ts if root else None,
            files=tuple(file.id for file in files),
        )

    def _share(self, message: Message) -> None:
        files = tuple(item for item in message.files if item in self.state.files)
        if files:
            self.state.post(replace(message, ts=self.state.make_ts(), files=files))

    def _read_message(self, args: Args) -> tuple[str, list[Json]]:
        """Read the text or the blocks; blocks are ignored beside ``initial_comment``, as documented."""
        text = args.text("initial_comment")
        blocks = [] if text else args.items("blocks", "invalid_blocks_format") or []
        if any(isinstance(block, dict) and block.get("type") == "markdown" for block in blocks):
            # https://github.com/slackapi/python-slack-sdk/issues/1756
            raise ApiError("internal_error")
        if text or blocks:
            refuse_content(self.state, text=text, blocks=blocks)
        return text, blocks

    def _get(self, args: Args) -> File:
        file = self.state.files.get(args.required("file", "file_not_found"))
        if file is None or not file.is_complete:
            raise ApiError("file_not_found")
        return file

    def _get_uploaded(self, item: Any) -> File:  # noqa: ANN401 - JSON
        file = self.state.files.get(str(item.get("id"))) if isinstance(item, dict) else None
        if file is None or file.content is None:
            raise ApiError("file_not_found")
        return replace(file, title=str(item.get("title") or file.name))


async def _read_content(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    field = next(iter((await request.post()).values()))
    return field.file.read() if isinstance(field, web.FileField) else str(field).encode()
