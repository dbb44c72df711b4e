"""What a job delivers: the page of a flow with what was found in it, and the files that it is shared as."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from bot.core.block_kit import Message
from bot.core.blocks import build_page, write_files_comment
from bot.core.models import Flow
from bot.core.pages import PageReport
from bot.core.texts import Language
from bot.ports import File


@dataclass(frozen=True, slots=True, kw_only=True)
class Prototype:
    """What is delivered at the end: the page of a flow, and what was found in it."""

    flow: Flow
    html: str
    report: PageReport
    is_styled: bool
    version: int

    def list_files(self) -> tuple[File, ...]:
        """Return the files that people get."""
        flow_json = self.flow.model_dump_json(exclude_none=True, indent=2)
        return (
            File(name="prototype.html", content=self.html.encode()),
            File(name="flow.json", content=flow_json.encode()),
        )

    def write_comment(self, language: Language, *, user: str | None) -> str:
        """Write what is said with the files."""
        return write_files_comment(
            self.flow, self.report, language=language, user=user, is_styled=self.is_styled, version=self.version
        )

    def build_message(self, language: Language, *, preview_url: str | None) -> Message:
        """Build what is said where no file can be shared."""
        return build_page(
            self.flow,
            self.html,
            self.report,
            language=language,
            is_styled=self.is_styled,
            preview_url=preview_url,
        )


class Shared(BaseModel):
    """The files that were uploaded to be shared; the picture is one of them if it was ready in time."""

    model_config = ConfigDict(frozen=True)

    files: tuple[str, ...] = ()
    has_picture: bool = False
