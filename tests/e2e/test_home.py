"""The App Home: what it shows of somebody's requests, and in which language; what the Messages tab offers."""

from stage import Stage, StageOpener
from visitors import ask_until, invite, show

from bot.core.controls import REGENERATE_ACTION, RETRY_ACTION
from bot.demo.codemie import Fault
from bot.demo.workspace import View

ENGLISH = "Registration for a parking permit: name, car plate, e-mail"
UKRAINIAN = "Реєстрація на паркувальний дозвіл: ім'я, номер авто, e-mail"


async def _open_home(stage: Stage, user: str) -> View:
    (delivery,) = await stage.workspace.open_home(user)
    assert delivery.status == 200
    return stage.workspace.published_homes[user]


async def _read_home(stage: Stage, user: str) -> str:
    return show((await _open_home(stage, user)).body)


async def test_a_home_without_requests_says_so_in_the_language_of_the_locale(stage: Stage) -> None:
    """A locale that the bot does not speak gets the default language."""
    homes = [
        show((await _open_home(stage, invite(stage, user, locale=locale))).body)
        for user, locale in (("UUK", "uk-UA"), ("UEN", "en-GB"), ("UFR", "fr-FR"))
    ]

    assert "Ви ще нічого не просили." in homes[0]
    assert "Новий прототип" in homes[0]
    assert all("You have not asked for anything yet." in home for home in homes[1:])


async def test_a_home_shows_how_each_request_stands(stage: Stage) -> None:
    """The newest first; one that failed may be tried again, one that is ready made anew."""
    user = invite(stage, "UHOME")
    ready = await stage.command(ENGLISH, user=user)
    await stage.wait_for_files("C1", ready.ts)
    stage.fault_for = lambda _turn, _number: Fault.unavailable()
    failed = await stage.command(f"{ENGLISH} <!here>", user=user)
    await stage.wait_for_failure("C1", failed.ts)
    await ask_until(lambda: _read_home(stage, user), RETRY_ACTION)
    stage.fault_for = lambda _turn, _number: Fault.silence()
    await stage.command(f"Third: {ENGLISH}", user=user)
    view = await _open_home(stage, user)
    stage.fault_for = None
    lines = [show(block) for block in view.body["blocks"][-5:]]

    assert "🕒 in progress" in lines[0]
    assert "Third: Registration" in lines[0]
    assert "⚠️ failed" in lines[1]
    assert f"p{failed.ts.replace('.', '')}" in lines[1]
    assert RETRY_ACTION in lines[2]
    assert "✅ ready" in lines[3]
    assert f"p{ready.ts.replace('.', '')}" in lines[3]
    assert REGENERATE_ACTION in lines[4]
    assert ready.metadata is not None
    assert ready.metadata["event_payload"]["job"] in lines[4]


async def test_a_home_follows_the_last_prompt_rather_than_the_locale(stage: Stage) -> None:
    """Slack has no Ukrainian interface, so that most of those who write Ukrainian have another locale."""
    user = invite(stage, "UWRITER", locale="en-US")
    await stage.command(UKRAINIAN, user=user)
    home = show((await _open_home(stage, user)).body)

    assert "Ваші останні запити" in home


async def test_a_home_is_shown_where_locales_may_not_be_read(open_stage: StageOpener) -> None:
    """In the default language; Slack is not asked again after it has refused for good."""
    async with open_stage(DEFAULT_LANGUAGE="uk") as stage:
        stage.workspace.scopes.discard("users:read")
        homes = [show((await _open_home(stage, user)).body) for user in ("U2", "U2", "U1")]
        asked = [call for call in stage.workspace.calls if call.method == "users.info"]

        assert all("Ви ще нічого не просили." in home for home in homes)
        assert len(asked) == 1


async def test_prompts_are_suggested_once_in_each_dm(stage: Stage) -> None:
    """In the language of whoever opens the Messages tab."""
    for user in ("U1", "U1", "U2"):
        await stage.workspace.open_home(user, "messages")
    asked = [
        call.args["channel_id"]
        for call in stage.workspace.calls
        if call.method == "assistant.threads.setSuggestedPrompts"
    ]

    assert sorted(asked) == ["D1", "D2"]
    assert len(stage.workspace.state.suggested_prompts["D1"]) == 3
    assert all(len(prompt["title"]) <= 40 for prompt in stage.workspace.state.suggested_prompts["D1"])


async def test_prompts_are_not_suggested_where_slack_has_no_such_thing(open_stage: StageOpener) -> None:
    """The event is acknowledged all the same, and Slack is asked once for all DMs."""
    async with open_stage() as stage:
        stage.workspace.unknown_methods.add("assistant.threads.setSuggestedPrompts")
        statuses = [(await stage.workspace.open_home(user, "messages"))[0].status for user in ("U1", "U2")]
        calls = [call for call in stage.workspace.calls if call.method.endswith("setSuggestedPrompts")]

        assert statuses == [200, 200]
        assert len(calls) == 1


async def test_the_buttons_of_a_home_do_what_they_say(stage: Stage) -> None:
    """Slack tells of no channel and gives no response_url with such a click; the answer comes to the thread."""
    user = invite(stage, "UAGAIN")
    anchor = await stage.command(ENGLISH, user=user)
    await stage.wait_for_files("C1", anchor.ts)
    await ask_until(lambda: _read_home(stage, user), REGENERATE_ACTION)
    again = await stage.workspace.click_in_view(user, await _open_home(stage, user), REGENERATE_ACTION)

    def find_second() -> bool:
        return sum(bool(message.files) for message in stage.list_thread("C1", anchor.ts)) > 1

    await stage.workspace.wait_for(find_second, 20)
    stage.fault_for = lambda _turn, _number: Fault.unavailable()
    failed = await stage.command(f"Second: {ENGLISH}", user=user)
    await stage.wait_for_failure("C1", failed.ts)
    stage.fault_for = None
    await ask_until(lambda: _read_home(stage, user), RETRY_ACTION)
    retried = await stage.workspace.click_in_view(user, await _open_home(stage, user), RETRY_ACTION)
    await stage.wait_for_files("C1", failed.ts)

    assert (again.status, retried.status) == (200, 200)
