"""Writes our documents around previews: the frame with its bar, and the notices in place of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from importlib.resources import files
from string import Template
from typing import Final
from urllib.parse import quote

from bot.core.texts import Language, Texts, speak
from bot.previews.policy import SANDBOXES, Scripts

_ASSETS: Final = files("bot.previews") / "assets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """Our templates, styles and scripts; each stands in the documents themselves and is allowed by its hash."""

    frame: str
    frame_style: str
    frame_script: str
    page_script: str
    notice: str
    notice_style: str


def read_assets() -> Assets:
    """Read the files of the package; blocks."""
    return Assets(
        frame=_read("frame.html"),
        frame_style=_read("frame.css"),
        frame_script=_read("frame.js"),
        page_script=_read("page.js"),
        notice=_read("notice.html"),
        notice_style=_read("notice.css"),
    )


def _read(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the flow; ``anchor`` is the id of its part of the page, if it has one."""

    title: str
    anchor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of the thread, counted from 1, with the address of its preview."""

    number: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a frame shows; ``page_url`` is where the iframe finds the page."""

    name: str
    language: Language
    version: int
    versions: Sequence[Version]
    steps: Sequence[Step]
    page_url: str
    download_url: str
    scripts: Scripts


class Notice(StrEnum):
    """What is said in place of a preview, and to who installs the app; in both languages, since nobody's is known."""

    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"
    NOT_SIGNED_IN = "not_signed_in"
    INSTALLED = "installed"
    INSTALL_REFUSED = "install_refused"
    INSTALL_DECLINED = "install_declined"
    INSTALL_FAILED = "install_failed"


def write_frame(frame: Frame, assets: Assets) -> str:
    """Write the frame; all words of people and models are escaped."""
    texts = speak(frame.language)
    return Template(assets.frame).substitute(
        language=frame.language,
        name=escape(frame.name),
        title=escape(texts.frame_title.format(name=frame.name)),
        style=assets.frame_style,
        script=assets.frame_script,
        skip=escape(texts.frame_skip),
        screen=escape(texts.frame_screen),
        desktop=escape(texts.frame_desktop),
        phone=escape(texts.frame_phone),
        download=escape(texts.frame_download),
        download_url=escape(frame.download_url),
        versions=_write_versions(frame, texts),
        steps_label=escape(texts.frame_steps),
        steps=_write_steps(frame, texts),
        warning=f'<p class="warning" role="note">{escape(texts.frame_scripts_run)}</p>'
        if frame.scripts == "model"
        else "",
        page_url=escape(frame.page_url),
        sandbox=SANDBOXES[frame.scripts],
        ai_note=escape(texts.ai_note),
    )


def _write_versions(frame: Frame, texts: Texts) -> str:
    if len(frame.versions) < 2:  # noqa: PLR2004 - one is no choice
        return ""
    items = "\n".join(
        _write_version(version, texts, is_current=version.number == frame.version) for version in frame.versions
    )
    newest = max(version.number for version in frame.versions)
    summary = escape(texts.frame_version_of.format(n=frame.version, count=newest))
    return (
        f'<details class="versions"><summary>{summary}</summary>\n'
        f'<nav aria-label="{escape(texts.frame_versions)}"><ol>\n{items}\n</ol></nav></details>'
    )


def _write_version(version: Version, texts: Texts, *, is_current: bool) -> str:
    current = ' aria-current="page"' if is_current else ""
    return f'<li><a href="{escape(version.url)}"{current}>{escape(texts.version.format(n=version.number))}</a></li>'


def _write_steps(frame: Frame, texts: Texts) -> str:
    return "\n".join(
        f"<li>{_write_step(step, number, frame.page_url, texts)}</li>" for number, step in enumerate(frame.steps, 1)
    )


def _write_step(step: Step, number: int, page_url: str, texts: Texts) -> str:
    mark = f'<span class="number">{number}</span>'
    if step.anchor is None:
        return (
            f'<span>{mark}<span class="title">{escape(texts.frame_step_missing.format(title=step.title))}</span></span>'
        )
    url = escape(f"{page_url}#{quote(step.anchor)}")
    title = f'<span class="title">{escape(step.title)}</span>'
    return f'<a href="{url}" target="prototype" data-step="{number}">{mark}{title}</a>'


def write_notice(notice: Notice, assets: Assets, *, url: str | None = None) -> str:
    """Write what is said in place of a preview, in every language; its link leads to ``url``."""
    parts = [
        _write_part(language, notice, heading="h1" if at == 0 else "h2", url=url)
        for at, language in enumerate(Language)
    ]
    title = " · ".join(speak(language).notice_titles[notice] for language in Language)
    return Template(assets.notice).substitute(title=escape(title), style=assets.notice_style, parts="\n".join(parts))


def _write_part(language: Language, notice: Notice, *, heading: str, url: str | None) -> str:
    texts = speak(language)
    says = texts.sign_in_again if notice is Notice.NOT_FOUND else texts.try_again
    link = "" if url is None else f'<p><a href="{escape(url)}">{escape(says)}</a></p>'
    title = f"<{heading}>{escape(texts.notice_titles[notice])}</{heading}>"
    return f'<section lang="{language}">{title}<p>{escape(texts.notice_texts[notice])}</p>{link}</section>'
