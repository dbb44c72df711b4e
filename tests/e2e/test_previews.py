"""Previews over HTTP: links that end, a page that only its frame gets, a file."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from previewing import FLOW, KEY, UKRAINIAN_FLOW, Site, open_site

from bot.core.texts import Language
from bot.previews.seals import hash_token, make_token
from bot.previews.store import Previews
from bot.tables import previews as table

_DAY_S = 86_400
_IN_FRAME = {"Sec_Fetch_Dest": "iframe", "Sec_Fetch_Site": "same-origin"}
_PUBLIC = "https://bot.example"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Open a server whose previews are for whoever has the link."""
    async with open_site(tmp_path) as opened:
        yield opened


def _find_page(frame: str) -> str:
    found = re.search(r'<iframe[^>]* src="([^"]+)"', frame)
    assert found is not None
    return found[1]


async def _count_rows(site: Site) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return int(await site.previews.database.run(lambda connection: connection.execute(query).scalar_one()))


async def test_a_link_is_the_same_each_time_and_kept_as_a_hash(site: Site) -> None:
    """It can be shown again without being kept; the table knows what it hashes to."""
    url = await site.keep()
    again = await site.previews.make_url("job-1")
    other = await site.previews.make_url("job-2")
    query = sa.select(table.c.token_hash).where(table.c.job_id == "job-1")
    kept = await site.previews.database.run(lambda connection: connection.execute(query).scalars().all())
    token = url.rsplit("/", 1)[1]

    assert url == again != other
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert kept == [hash_token(token)]
    assert token not in kept


async def test_the_frame_names_the_flow_and_its_steps(site: Site) -> None:
    """Our bar stands in the result's language; the page is in a sandbox of its own."""
    english = await site.get(await site.keep())
    ukrainian = await site.get(
        await site.keep("job-2", flow=UKRAINIAN_FLOW, thread="T1:C1:2", language=Language.UKRAINIAN)
    )

    assert english.status == ukrainian.status == 200
    assert "<h1>Parking permit</h1>" in english.text
    assert [step.title in english.text for step in FLOW.steps] == [True] * 3
    assert 'sandbox="allow-scripts" referrerpolicy="no-referrer"' in english.text
    assert '<html lang="uk">' in ukrainian.text
    assert "Завантажити" in ukrainian.text
    assert 'role="note"' not in english.text


async def test_the_headers_let_nothing_in_or_out(site: Site) -> None:
    """The frame runs our two texts by their hashes; the page runs one, and reaches nobody."""
    url = await site.keep()
    frame = await site.get(url)
    page = await site.get(f"{site.url}/p/{_find_page(frame.text)}", **_IN_FRAME)
    frame_policy, page_policy = (answer.headers["Content-Security-Policy"] for answer in (frame, page))

    assert re.fullmatch(
        r"default-src 'none'; frame-src 'self'; script-src 'sha256-\S+'; style-src 'sha256-\S+'; "
        r"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        frame_policy,
    )
    assert re.match(r"sandbox allow-scripts; default-src 'none'; script-src 'sha256-\S+'; style-src", page_policy)
    for rule in ("connect-src 'none'", "form-action 'none'", "base-uri 'none'", "frame-ancestors 'self'"):
        assert rule in page_policy
    for answer in (frame, page):
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert "Set-Cookie" not in answer.headers
    assert frame.headers["Cross-Origin-Opener-Policy"] == "same-origin"


async def test_the_page_is_for_its_frame_only(tmp_path: Path) -> None:
    """Opened by itself, from elsewhere or by what does not say, it leads to the frame; an old ticket is none."""
    async with open_site(tmp_path, make_public=lambda _: _PUBLIC) as site:
        link = await site.keep()
        path = link.removeprefix(_PUBLIC)
        ticket = f"{site.url}/p/{_find_page((await site.get(site.url + path)).text)}"
        alone = await site.get(ticket, Sec_Fetch_Dest="document", Sec_Fetch_Site="none")
        silent = await site.get(ticket)
        foreign = await site.get(ticket, Sec_Fetch_Dest="iframe", Sec_Fetch_Site="cross-site")
        framed = await site.get(ticket, **_IN_FRAME)
        forged = await site.get(ticket[:-2] + ("AA" if ticket[-2:] != "AA" else "BB"), **_IN_FRAME)
        site.clock.now += 301
        old = await site.get(ticket, **_IN_FRAME)

    assert [answer.status for answer in (alone, silent, foreign)] == [303, 303, 303]
    assert {answer.headers["Location"] for answer in (alone, silent, foreign)} == {path}
    assert framed.status == 200
    assert "Your details" in framed.text
    assert [forged.status, old.status] == [404, 404]


async def test_plain_http_says_nothing_of_frames(site: Site) -> None:
    """Browsers send no such headers there: the inert page is shown, and one that says otherwise is not."""
    ticket = f"{site.url}/p/{_find_page((await site.get(await site.keep())).text)}"
    silent = await site.get(ticket)
    alone = await site.get(ticket, Sec_Fetch_Dest="document")

    assert silent.status == 200
    assert alone.status == 303


async def test_the_page_never_learns_its_link(tmp_path: Path) -> None:
    """A script of the page's could pass its own address on: it holds no token, and leads to none."""
    async with open_site(tmp_path, scripts="model") as site:
        url = await site.keep()
        frame = await site.get(url)
        ticket = f"{site.url}/p/{_find_page(frame.text)}"
        page = await site.get(ticket, **_IN_FRAME)
        alone = await site.get(ticket, Sec_Fetch_Dest="document")
    token = url.rsplit("/", 1)[1]

    assert token not in ticket
    assert token not in page.text
    assert page.status == 200
    assert "sandbox allow-scripts allow-forms" in page.headers["Content-Security-Policy"]
    assert 'role="note"' in frame.text
    assert alone.status == 404
    assert "Location" not in alone.headers


async def test_whatever_is_not_there_is_not_there_in_the_same_way(site: Site) -> None:
    """Unknown, malformed, expired, revoked, erased: nothing tells which it was, not even by a header."""
    revoked, erased, expired = [await site.keep(job_id, thread=None) for job_id in ("revoked", "erased", "expired")]
    await site.previews.revoke("revoked")
    await site.results.forget(["erased"])
    token = expired.rsplit("/", 1)[1]
    urls = [
        revoked,
        erased,
        f"{revoked}/prototype.html",
        f"{site.url}/p/{'A' * 43}",
        f"{site.url}/p/{'A' * 42}",
        f"{site.url}/p/{token[:-1]}%C3%A9",
        f"{site.url}/p/page/nonsense",
        f"{site.url}/p/page/{'%ED%A0%80' * 9}",
        f"{site.url}/p/signed-in?code=1&state=2",
        f"{site.url}/p/",
        f"{site.url}/p/../p/{token}/page",
    ]
    answers = [await site.get(url) for url in urls]
    site.clock.now += 30 * _DAY_S
    answers.append(await site.get(expired))

    assert {answer.status for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


async def test_what_was_revoked_stays_so(site: Site) -> None:
    """No later call brings a link back, neither one that was there nor one that nobody had asked for."""
    url = await site.keep()
    await site.previews.revoke("job-1")
    await site.previews.revoke("job-2")
    again = [await site.previews.make_url(job_id) for job_id in ("job-1", "job-2")]
    site.clock.now += 31 * _DAY_S
    gone = await site.previews.forget_expired()
    later = await site.previews.make_url("job-1")

    assert again == [None, None]
    assert (await site.get(url)).status == 404
    assert gone == 1  # the other one's result is still there
    assert later is None


async def test_what_has_ended_is_forgotten(site: Site) -> None:
    """Rows go with their results: by name, or when their time is over."""
    for job_id in ("job-1", "job-2", "job-3"):
        await site.keep(job_id)
    await site.previews.forget(["job-1"])
    by_name = await _count_rows(site)
    site.clock.now += 31 * _DAY_S
    await site.results.forget(["job-2", "job-3"])
    count = await site.previews.forget_expired()

    assert by_name == 2
    assert count == 2
    assert await _count_rows(site) == 0


async def test_replicas_make_one_row(site: Site, tmp_path: Path) -> None:
    """Where another process makes the same link between look and insert, both have it."""
    engine = site.previews.database.engine
    url = f"{site.url}/p/{make_token(KEY, 'job-1')}"
    rivals: list[int] = []

    def insert_first(*arguments: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        if rivals or "INSERT INTO bot_previews" not in arguments[2]:
            return
        with closing(sqlite3.connect(tmp_path / "previews.sqlite")) as rival, rival:
            row = (hash_token(make_token(KEY, "job-1")), "job-1", 2_000_000_000_000, False)
            rivals.append(rival.execute("INSERT INTO bot_previews VALUES (?, ?, ?, ?)", row).rowcount)

    sa.event.listen(engine, "before_cursor_execute", insert_first)
    made = await site.previews.make_url("job-1")

    assert rivals == [1]
    assert made == url
    assert await _count_rows(site) == 1


async def test_another_key_ends_every_link(site: Site) -> None:
    """Who changes the secret because it leaked is rid of the old links, and has new ones for the same time."""
    url = await site.keep()
    other = Previews(
        database=site.previews.database,
        results=site.results,
        key=KEY[::-1],
        public_url=site.url,
        lifetime=site.previews.lifetime,
        clock=site.clock,
    )
    before = await other.find(url.rsplit("/", 1)[1])
    new = await other.make_url("job-1")

    assert before is None
    assert new is not None
    assert new != url
    assert await _count_rows(site) == 1
    assert await other.find(make_token(KEY[::-1], "job-1")) is not None


async def test_versions_of_a_thread_lead_to_each_other(site: Site) -> None:
    """Each has its own link, made when it is first needed; one that was revoked is left out."""
    first = await site.keep("job-1")
    await site.keep("job-2")
    third = await site.keep("job-3")
    await site.keep("job-4", thread="T1:C1:9")
    await site.previews.revoke("job-2")
    frame = await site.get(third)
    links = re.findall(r'<li><a href="([^"]+)"( aria-current="page")?>Version (\d)</a>', frame.text)

    assert links == [(first.rsplit("/", 1)[1], "", "1"), (third.rsplit("/", 1)[1], ' aria-current="page"', "3")]
    assert "Version 3 of 3" in frame.text
    assert "Version" not in (await site.get(await site.keep("job-5", thread=None))).text


async def test_the_file_is_the_delivered_one(site: Site) -> None:
    """It is saved, not shown, and is the same to the letter."""
    html = '<!DOCTYPE html>\n<html lang="en"><head><title>x</title></head><body><p>Привіт</p></body></html>'
    answer = await site.get(f"{await site.keep(html=html)}/prototype.html")

    assert answer.text == html
    assert answer.headers["Content-Disposition"] == 'attachment; filename="prototype.html"'
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


async def test_foreign_words_stay_words(site: Site) -> None:
    """A name or a title that is markup is shown as it was written."""
    evil = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)> $name {name}"
    step = FLOW.steps[0].model_copy(update={"title": evil})
    flow = FLOW.model_copy(update={"name": evil, "steps": (step, *FLOW.steps[1:])})
    answer = await site.get(await site.keep(flow=flow))

    assert answer.status == 200
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert answer.text.count("<script>") == 1
    assert "$name {name}" in answer.text


async def test_a_broken_database_says_try_again(site: Site) -> None:
    """Nobody is told that a preview is gone while it can't be looked up."""
    url = await site.keep()
    await site.previews.database.run(lambda connection: connection.execute(sa.text("DROP TABLE bot_previews")))
    answer = await site.get(url)

    assert answer.status == 503
    assert "Please try again in a minute." in answer.text
    assert "bot_previews" not in answer.text
