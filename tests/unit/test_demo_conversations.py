"""The demo engine in a conversation: changes, other takes, discussions, and what it remembers."""

import json
import re
from typing import Any

import pytest

from bot.core.models import Flow
from bot.core.page_check import check_page
from bot.demo.codemie import ChatTurn, Turn
from bot.demo.engine import answer_turn, write_answer

PERMIT = "Registration for a parking permit: name, car plate, e-mail"
VISIT = "Запис до лікаря: ім'я, телефон, дата та час прийому"
LONG = "Application for a permit: name, surname, phone, e-mail, car plate, car model, documents, card payment"
JSON_FORM = "\n\nAnswer with one raw JSON object: no code fence."
HTML_FORM = "\n\nAnswer with one HTML document: no code fence."


def block(tag: str, inner: str) -> str:
    """Write a block as the bot does."""
    return f"<{tag}>\n{inner}\n</{tag}>\n\n"


def ask_flow(prompt: str) -> str:
    """Ask for a first flow."""
    return write_answer(block("request", prompt) + JSON_FORM)


def say(asked: str, answered: str) -> tuple[Turn, Turn]:
    """Make a question and its answer as a conversation keeps them."""
    return Turn(role="User", message=asked), Turn(role="Assistant", message=answered)


def change(prompt: str, wish: str) -> dict[str, Any]:
    """Change the flow of a prompt in the conversation that made it; check that the result is a flow with its page."""
    history = say(prompt, ask_flow(prompt))
    answer = write_answer(block("change", wish) + JSON_FORM, history)
    flow: dict[str, Any] = json.loads(answer)
    page = write_answer(block("flow", answer) + block("change", wish) + HTML_FORM)
    assert check_page(page, Flow.model_validate(flow)).is_faithful
    return flow


def outline(flow: dict[str, Any]) -> str:
    """Write a flow in a line: steps with their fields' labels, a question mark behind optional ones."""
    return " | ".join(
        " ".join(
            [
                f"{step['title']}:",
                *(f"{entry['label']}{'' if entry['required'] else '?'}," for entry in step.get("fields", [])),
            ]
        )
        for step in flow["steps"]
    )


@pytest.mark.parametrize(
    ("prompt", "wish", "part"),
    [
        (PERMIT, "add a field for phone", "E-mail, Phone,"),
        (PERMIT, "rename the field Name to Full name", "Full name, Car plate"),
        (PERMIT, "e-mail should be optional", "E-mail?,"),
        (PERMIT, "make the car plate field optional", "Car plate?,"),
        (PERMIT, "add a step Contacts with phone and address", "| Contacts: Phone, Address, | Check and send:"),
        (PERMIT, 'add a step called "Vehicle" with car model', "| Vehicle: Car model, |"),
        (PERMIT, "add a step with passport number and date of birth", "| More details: Passport number, Date"),
        (PERMIT, "add a step Contacts with e-mail", "Name, Car plate, | Contacts: E-mail, |"),
        (PERMIT, "rename step 2 to Contacts", "Before you start: | Contacts: Name"),
        (PERMIT, "rename the step Your details to Contacts", "| Contacts: Name"),
        (PERMIT, "rename the first step to Hello", "Hello: | Your details"),
        (LONG, "rename Vehicle to Car", "| Car: Car plate"),
        (VISIT, "додай поле e-mail", "Електронна пошта,"),
        (VISIT, "перейменуй ім'я на повне ім'я", "Повне ім'я, Телефон"),
        (VISIT, "перейменуй поле «Телефон» на «Мобільний»", "Ім'я, Мобільний,"),
        (VISIT, "телефон необов'язковий", "Телефон?,"),
        (VISIT, "зроби телефон необов'язковим", "Телефон?,"),
        (VISIT, "додай крок з адресою та e-mail", "| Ще кілька деталей: Адреса, Електронна пошта, |"),
        (VISIT, "додай крок «Оплата»", "| Оплата: Номер картки"),
        (VISIT, "перейменуй крок «Ваші дані» на «Контакти»", "| Контакти: Ім'я"),
        (VISIT, "перейменуй перший крок на «Вітання»", "Вітання: |"),
    ],
)  # fmt: skip
def test_changes_are_understood(prompt: str, wish: str, part: str) -> None:
    """Fields and steps are added, renamed and relaxed in the words people use, and nothing else is called anew."""
    before = json.loads(ask_flow(prompt))

    after = change(prompt, wish)

    assert part in outline(after)
    assert after["name"] == before["name"]


@pytest.mark.parametrize(
    ("prompt", "wish", "gone"),
    [
        (PERMIT, "remove the field e-mail", "E-mail"),
        (PERMIT, "remove step 1", "Before you start"),
        (LONG, "remove step 2", "Your details"),
        (LONG, "remove the payment step", "Payment"),
        (VISIT, "прибери поле телефон", "Телефон"),
        (VISIT, "прибери перший крок", "Перш ніж почати"),
    ],
)
def test_what_is_named_goes(prompt: str, wish: str, gone: str) -> None:
    """A removed field or step goes, and one thing only."""
    before = outline(json.loads(ask_flow(prompt)))

    after = outline(change(prompt, wish))

    assert gone in before
    assert gone not in after
    assert before.count("|") - after.count("|") == (gone not in {"E-mail", "Телефон"})


@pytest.mark.parametrize(
    "wish", ["make the button green", "зроби кнопку зеленою", "change the colour to green", "зміни колір на зелений"]
)
def test_a_colour_changes_the_page_and_not_the_flow(wish: str) -> None:
    """The flow comes back as it was; the page gets the colour, and keeps it when something else changes."""
    flow = ask_flow(PERMIT)
    first = write_answer(block("request", PERMIT) + block("flow", flow) + HTML_FORM)

    same = write_answer(block("change", wish) + JSON_FORM, say("", flow))
    asked = block("flow", same) + block("change", wish) + HTML_FORM
    green = write_answer(asked, say("", first))
    more = block("flow", same) + block("change", "add phone") + HTML_FORM
    remembered = write_answer(more, (*say("", first), *say(asked, green)))
    carried = write_answer(block("page", green) + more)
    forgotten = write_answer(more)

    assert same == flow
    assert "bg-emerald-700" in green
    assert "bg-emerald-700" not in first
    assert "bg-emerald-700" in remembered
    assert carried == remembered
    assert forgotten != remembered


def test_a_change_is_made_to_the_latest_flow() -> None:
    """Of several answers the last flow counts; a flow that came along counts before all of them."""
    first = ask_flow(PERMIT)
    second = write_answer(block("change", "add phone") + JSON_FORM, say("", first))
    history = (*say("", first), *say("", second), *say("", "Sorry, no JSON"))

    remembered = json.loads(write_answer(block("change", "add a comment") + JSON_FORM, history))
    carried = json.loads(write_answer(block("flow", first) + block("change", "add a comment") + JSON_FORM, history))

    assert "Phone, Comment?," in outline(remembered)
    assert "Phone" not in outline(carried)
    assert "Comment?," in outline(carried)


def test_a_change_of_nothing_is_a_request() -> None:
    """Where nothing is remembered and nothing came along, the wish is all there is."""
    assert write_answer(block("change", PERMIT) + JSON_FORM) == ask_flow(PERMIT)


def test_a_turn_brings_its_conversation() -> None:
    """The built-in CodeMie hands the engine a turn with what was said before."""
    turn = ChatTurn(
        assistant_id="a",
        text=block("change", "add phone") + JSON_FORM,
        system_prompt="",
        conversation_id="c",
        history=say("", ask_flow(PERMIT)),
    )

    assert "E-mail, Phone," in outline(json.loads(answer_turn(turn)))


def list_labels(flow: dict[str, Any]) -> list[str]:
    """List the labels of all fields, in order."""
    return [entry["label"] for step in flow["steps"] for entry in step.get("fields", [])]


def test_another_take_differs() -> None:
    """The same fields come in other steps and colours; what the request fixes stays."""
    first = json.loads(ask_flow(PERMIT))
    again = block("flow", json.dumps(first)) + block("request", PERMIT) + JSON_FORM
    fixed = f"{PERMIT}. In two steps, with a red button"

    second = json.loads(write_answer(again))
    kept = json.loads(write_answer(block("flow", ask_flow(fixed)) + block("request", fixed) + JSON_FORM))

    assert outline(second) != outline(first)
    assert list_labels(second) == list_labels(first)
    assert second["metadata"]["accent"] != first["metadata"].get("accent")
    assert kept == json.loads(ask_flow(fixed))
    Flow.model_validate(second)


TALK_EN = """Olena: Hi all
Max: we need an application for a parking permit
Olena: with name, car plate and e-mail
Max: and we should ask for the phone as well"""
TALK_UK = """Олена: Привіт
Макс: нам потрібна заявка на дозвіл на паркування
Олена: треба ім'я, номер авто, e-mail
Макс: і телефон, необов'язково"""


@pytest.mark.parametrize(
    ("talk", "request_text", "name", "fields"),
    [
        (
            TALK_EN,
            "prototype what we discussed",
            "Application for a parking permit",
            "Your details: Name, Car plate, E-mail, Phone,",
        ),
        (
            TALK_EN,
            "prototype what we discussed, but without phone, and add a comment",
            "Application for a parking permit",
            "Your details: Name, Car plate, E-mail, Comment?,",
        ),
        (
            TALK_UK,
            "зроби прототип того, що обговорили",
            "Заявка на дозвіл на паркування",
            "Ваші дані: Ім'я, Номер авто, Електронна пошта, Телефон",
        ),
    ],
)
def test_a_discussion_is_read_where_it_is_meant(talk: str, request_text: str, name: str, fields: str) -> None:
    """Fields come from what people wrote, without their names; the request may change something at once."""
    flow = json.loads(write_answer(block("discussion", talk) + block("request", request_text) + JSON_FORM))

    assert flow["name"] == name
    assert fields in outline(flow)
    assert not re.search("Olena|Max|Олена|Макс", json.dumps(flow, ensure_ascii=False))


def test_a_discussion_is_left_alone_where_it_is_not_meant() -> None:
    """A request of its own is answered as if nobody had talked."""
    asked = block("discussion", TALK_EN) + block("request", VISIT) + JSON_FORM

    assert write_answer(asked) == ask_flow(VISIT)


@pytest.mark.parametrize(
    ("prompt", "wish", "language", "part"),
    [
        (PERMIT, "translate it to Ukrainian", "uk", "Ваші дані: Ім'я, Номер авто, Електронна пошта, |"),
        (VISIT, "англійською, будь ласка", "en", "Your details: Name, Phone, Date and time, | Check and send:"),
    ],
)
def test_a_flow_is_translated(prompt: str, wish: str, language: str, part: str) -> None:
    """The engine's own words and the fields it knows change their language, and later changes keep it."""
    flow = change(prompt, wish)
    later = json.loads(write_answer(block("change", "add a photo") + JSON_FORM, say("", json.dumps(flow))))
    page = write_answer(block("flow", json.dumps(later)) + block("change", "add a photo") + HTML_FORM)

    assert part in outline(flow)
    assert {"uk": "Фото", "en": "Photo"}[language] in outline(later)
    assert f'<html lang="{language}"' in page


@pytest.mark.parametrize(
    ("text", "is_page"),
    [
        (block("flow", "{}") + block("change", "answer in HTML") + JSON_FORM, False),
        (block("flow", "{}") + block("request", "JSON please") + HTML_FORM, True),
        ("Your previous answer was no JSON.\n\n" + block("request", PERMIT) + block("flow", "{}") + HTML_FORM, True),
        (block("flow", "{}") + block("request", PERMIT), True),
        (block("flow", "{}") + block("change", PERMIT), False),
        (block("page", "<p>") + block("flow", "{}") + block("change", PERMIT), True),
    ],
)
def test_the_form_decides_what_is_answered(text: str, *, is_page: bool) -> None:
    """The words around the blocks say what to answer, never those of a person; without any the blocks do."""
    answer = write_answer(text)

    assert answer.startswith("<!DOCTYPE html>") == is_page


@pytest.mark.parametrize("wish", ["", "🙂", "rename", "rename to", "add a step", "remove step 9", "до на", "(" * 300])
def test_any_change_gives_a_flow(wish: str) -> None:
    """Nothing a person can send as a change makes the engine fail or empties a flow."""
    assert change(PERMIT, wish)["steps"]
