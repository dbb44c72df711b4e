"""Signing in to previews with Slack: the right workspace gets in, and nobody else learns anything."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from browser import needs_chromium, open_browser
from playwright.async_api import expect
from previewing import KEY, TEAM, Answer, Site, open_site
from slack_oidc import SlackOidc

from bot.previews.seals import Seal

_PUBLIC = "https://bot.example"
_NO_BOX = aiohttp.DummyCookieJar


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Open a server whose previews are for the people of a workspace."""
    async with open_site(tmp_path, team=TEAM) as opened:
        yield opened


def _oidc(site: Site) -> SlackOidc:
    assert site.oidc is not None
    return site.oidc


async def _walk(site: Site, url: str) -> Answer:
    """Follow every redirect, as a browser does, Slack's page included."""
    for _ in range(6):
        answer = await site.get(url)
        if answer.status not in {302, 303}:
            return answer
        target = answer.headers["Location"]
        url = target if "://" in target else f"{site.url}{target}"
    raise AssertionError("it leads in circles")


async def _go_to_slack_and_back(site: Site, url: str) -> str:
    """Sign in at Slack and return the address that Slack sends the browser back to."""
    to_slack = await site.get(url)
    return (await site.get(to_slack.headers["Location"])).headers["Location"]


async def test_a_member_gets_in_once(site: Site) -> None:
    """One way over Slack opens the preview, its page, its file and the next preview."""
    first, second = await site.keep("job-1"), await site.keep("job-2", thread=None)
    frame = await _walk(site, first)
    file = await site.get(f"{first}/prototype.html")
    other = await site.get(second)
    query = _oidc(site).seen[0]

    assert frame.status == file.status == other.status == 200
    assert "Parking permit" in frame.text
    assert len(_oidc(site).seen) == 1
    assert query["scope"] == "openid profile"
    assert query["response_type"] == "code"
    assert query["redirect_uri"] == f"{site.url}/p/signed-in"


async def test_the_page_needs_no_cookie(site: Site) -> None:
    """Its ticket stands for whoever was given the frame, since not every browser sends one into a sandbox."""
    frame = await _walk(site, await site.keep())
    found = re.search(r'<iframe[^>]* src="([^"]+)"', frame.text)
    assert found is not None
    async with aiohttp.ClientSession(cookie_jar=_NO_BOX()) as stranger:
        url = f"{site.url}/p/{found[1]}"
        headers = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}
        async with stranger.get(url, headers=headers) as page:
            status, text = page.status, await page.text()

    assert status == 200
    assert "Your details" in text


async def test_a_stranger_is_told_what_an_unknown_link_tells(tmp_path: Path) -> None:
    """Of another workspace, one sees neither the preview nor that there is one; the file likewise."""
    async with open_site(tmp_path, team="T2") as site:
        url = await site.keep()
        stranger = await _walk(site, url)
        file = await site.get(f"{url}/prototype.html")
        unknown = await site.get(f"{site.url}/p/{'A' * 43}")

    assert stranger.status == 404
    assert stranger == unknown == file
    assert 'href="?again"' in stranger.text


async def test_nobody_learns_before_signing_in_whether_a_link_lives(site: Site) -> None:
    """Everyone is sent to Slack, for a known link and an unknown one, the frame and the file."""
    url = await site.keep()
    answers = [
        await site.get(target)
        for target in (url, f"{url}/prototype.html", f"{site.url}/p/{'A' * 43}", f"{site.url}/p/{'A' * 43}")
    ]
    hidden = re.compile(r"(state|nonce|preview_state)=[^&;]+")
    shown = {
        (answer.status, hidden.sub("", answer.headers["Location"]), hidden.sub("", answer.headers["Set-Cookie"]))
        for answer in answers
    }

    assert len(shown) == 1
    assert answers[0].status == 303


async def test_who_has_two_workspaces_can_change(tmp_path: Path) -> None:
    """The notice's link signs in again, though the session is still good."""
    async with open_site(tmp_path, team="T2") as site:
        url = await site.keep()
        before = await _walk(site, url)
        _oidc(site).team = TEAM
        after = await _walk(site, f"{url}?again")

    assert before.status == 404
    assert after.status == 200


async def test_a_session_ends_after_eight_hours(site: Site) -> None:
    """Then Slack is asked again."""
    url = await site.keep()
    await _walk(site, url)
    site.clock.now += 8 * 3_600 - 1
    still = await site.get(url)
    site.clock.now += 2
    late = await site.get(url)

    assert still.status == 200
    assert late.status == 303
    assert late.headers["Location"].startswith(_oidc(site).authorize_url)


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "99.99"},
        {"aud": ["11.22"]},
        {"iss": "https://evil.example"},
        {"nonce": "0" * 64},
        {"nonce": None},
        {"exp": 1_700_000_000},
        {"iat": 1_900_000_000},
        {"exp": None},
        {"https://slack.com/team_id": ""},
        {"https://slack.com/team_id": None},
        {"https://slack.com/user_id": None},
    ],
)
async def test_an_id_token_that_does_not_fit_signs_nobody_in(site: Site, change: dict[str, Any]) -> None:
    """Another app's, another issuer's, another browser's, an old one, one that names nobody."""
    url = await site.keep()
    _oidc(site).change = change
    failed = await _walk(site, url)
    after = await site.get(url)

    assert failed.status == 403
    assert "Set-Cookie" not in failed.headers
    assert after.status == 303


async def test_a_code_serves_once(site: Site) -> None:
    """The address that Slack sends one back to is worth nothing afterwards, there or in another browser."""
    url = await site.keep()
    back = await _go_to_slack_and_back(site, url)
    async with aiohttp.ClientSession(cookie_jar=_NO_BOX()) as thief, thief.get(back, allow_redirects=False) as stolen:
        stolen_status, stolen_cookies = stolen.status, stolen.headers.getall("Set-Cookie", [])
    first = await site.get(back)
    second = await site.get(back)

    assert (stolen_status, stolen_cookies) == (403, [])
    assert first.status == 303
    assert second.status == 403
    assert "Set-Cookie" not in second.headers


async def test_a_state_is_ours_and_young(site: Site) -> None:
    """Forged, of another purpose, of another key or ten minutes old, it signs nobody in."""
    url = await site.keep()
    back = await _go_to_slack_and_back(site, url)
    state = parse_qs(urlsplit(back).query)["state"][0]
    claims = {"token": "A" * 43, "browser": "0" * 64}
    foreign = [
        Seal(key=KEY, purpose="session", lifetime_s=600, clock=site.clock).close(claims),
        Seal(key=b"x" * 32, purpose="sign-in", lifetime_s=600, clock=site.clock).close(claims),
        state[:-1] + ("A" if state[-1] != "A" else "Q"),
        "",
        "é" * 20,
        "A" * 5_000,
    ]
    forged = [await site.get(back.replace(state, other)) for other in foreign]
    site.clock.now += 601
    old = await site.get(back)

    assert {answer.status for answer in (*forged, old)} == {403}
    assert not any("Set-Cookie" in answer.headers for answer in (*forged, old))
    assert all("<a " not in answer.text for answer in (*forged, old))


async def test_somebody_elses_answer_is_not_mine(site: Site) -> None:
    """A code that was given to another browser brings another nonce: nobody can be signed in as an attacker."""
    url = await site.keep()
    theirs = parse_qs(urlsplit(await _go_to_slack_and_back(site, url)).query)
    mine = parse_qs(urlsplit(await _go_to_slack_and_back(site, url)).query)
    answer = await site.get(f"{site.url}/p/signed-in?code={theirs['code'][0]}&state={mine['state'][0]}")

    assert answer.status == 403


@pytest.mark.parametrize("query", ["error=access_denied", "code=", "code=nonsense", "code=%ED%A0%80&code=2"])
async def test_who_changes_their_mind_may_try_again(site: Site, query: str) -> None:
    """Without a code nobody is signed in, and the way back to the preview stays."""
    url = await site.keep()
    back = await _go_to_slack_and_back(site, url)
    state = parse_qs(urlsplit(back).query)["state"][0]
    answer = await site.get(f"{site.url}/p/signed-in?{query}&state={state}")

    assert answer.status == 403
    assert f'href="{url.rsplit("/", 1)[1]}"' in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/p/signed-in?next=https://evil.example",
        "/p//evil.example",
        "/p/https://evil.example",
        "/p/%2F%2Fevil.example",
        "/p/\\evil.example",
    ],
)
async def test_no_address_leads_away(site: Site, path: str) -> None:
    """Where to go on is a token in a signed state, never an address from outside."""
    answer = await site.get(f"{site.url}{path}")

    assert answer.status in {403, 404}
    assert "evil" not in str(answer.headers) + answer.text


async def test_cookies_are_as_narrow_as_they_can_be(tmp_path: Path) -> None:
    """Over TLS their names bind them to this host; scripts don't see them, other sites' requests don't carry them."""
    async with open_site(tmp_path, team=TEAM, make_public=lambda _: _PUBLIC, prefix="/bot") as site:
        link = await site.keep()
        path = link.removeprefix(f"{_PUBLIC}/bot")
        to_slack = await site.get(site.url + path)
        secret = to_slack.headers["Set-Cookie"]
        back = await site.get(to_slack.headers["Location"])
        target = back.headers["Location"].replace(f"{_PUBLIC}/bot", site.url)
        cookie = {"Cookie": secret.split(";")[0]}
        async with site.http.get(target, headers=cookie, allow_redirects=False) as answer:
            dropped, session = answer.headers.getall("Set-Cookie")
            location = answer.headers["Location"]
        frame = await site.get(site.url + path, Cookie=session.split(";")[0])

    assert link.startswith(f"{_PUBLIC}/bot/p/")
    assert location == f"/bot{path}"
    assert re.fullmatch(r"__Host-preview_state=[\w-]{43}; HttpOnly; Max-Age=600; Path=/; SameSite=Lax; Secure", secret)
    assert re.fullmatch(
        r"__Secure-preview_session=[\w-]+; HttpOnly; Max-Age=28800; Path=/bot/p; SameSite=Lax; Secure", session
    )
    assert dropped.startswith('__Host-preview_state=""; ')
    assert "Max-Age=0" in dropped
    assert frame.status == 200


@pytest.mark.browser
@needs_chromium
async def test_a_browser_gets_there_and_back(site: Site) -> None:
    """Cookies survive the way over another site, and the page shows in its sandbox; the next time there is no way."""
    url = await site.keep()
    async with open_browser() as browser:
        page = await browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.headers.get("referer", "")))
        await page.goto(url)
        await expect(page.frame_locator("iframe").get_by_role("heading", name="Your details")).to_be_visible()
        address = page.url
        await page.reload()
        await expect(page.frame_locator("iframe").get_by_role("heading", name="Your details")).to_be_visible()
        cookies = {cookie["name"]: cookie["httpOnly"] for cookie in await page.context.cookies()}

    assert address == url
    assert cookies == {"preview_session": True}
    assert len(_oidc(site).seen) == 1
    assert set(asked) == {""}
