"""What the routes answer: documents with their headers, redirects, and notices in place of a preview."""

from dataclasses import dataclass, field

from aiohttp import web

from bot.previews.frame import Assets, Frame, Notice, read_assets, write_frame, write_notice
from bot.previews.policy import Scripts, head_download, head_frame, head_page


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Makes responses; ``can_sign_in`` lets the notice for what is not found offer another workspace."""

    can_sign_in: bool
    assets: Assets = field(default_factory=read_assets)

    def show_frame(self, frame: Frame) -> web.Response:
        """Show the frame."""
        headers = head_frame(styles=[self.assets.frame_style], scripts=[self.assets.frame_script], has_page=True)
        return web.Response(text=write_frame(frame, self.assets), headers=headers)

    def show_page(self, html: str, *, scripts: Scripts) -> web.Response:
        """Show the page in the frame."""
        return web.Response(text=html, headers=head_page(scripts=scripts, own_script=self.assets.page_script))

    def hand_out(self, html: str, *, name: str) -> web.Response:
        """Hand out the page as a file."""
        return web.Response(text=html, headers=head_download(name))

    def redirect(self, url: str) -> web.Response:
        """Lead somewhere else."""
        headers = head_frame(styles=[], scripts=[], has_page=False)
        return web.Response(status=303, headers={**headers, "Location": url})

    def say_not_found(self) -> web.Response:
        """Say that there is nothing, and nothing of why: it is the same answer for whatever there is not to see."""
        return self.say(Notice.NOT_FOUND, status=404, url="?again" if self.can_sign_in else None)

    def say_not_signed_in(self, url: str | None) -> web.Response:
        """Say that Slack has signed nobody in; ``url`` is where to try again."""
        return self.say(Notice.NOT_SIGNED_IN, status=403, url=url)

    def say_unavailable(self) -> web.Response:
        """Say that it can't be told now."""
        return self.say(Notice.UNAVAILABLE, status=503, url="")

    def say(self, notice: Notice, *, status: int, url: str | None) -> web.Response:
        """Say something in every language; its link leads to ``url``."""
        headers = head_frame(styles=[self.assets.notice_style], scripts=[], has_page=False)
        return web.Response(status=status, text=write_notice(notice, self.assets, url=url), headers=headers)
