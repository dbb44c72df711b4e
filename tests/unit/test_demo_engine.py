"""The demo engine: what it reads out of requests, and that its pages are whole, labelled and safe."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from bot.core.models import Flow
from bot.core.page_check import check_page
from bot.demo.engine import write_answer, write_flow, write_page
from bot.demo.vocabulary import CONCEPTS, Language, find_concepts

READINGS = [
    ("Registration for a parking permit: name, car plate, e-mail", "name:text car_plate:text email:email"),
    ("Login page with e-mail and password", "email:email password:password"),
    (
        ("Create a form for booking a hotel room with name, check-in and check-out dates, "
        "number of guests and card payment"),
        "name:text check_in:date check_out:date guests:number card_number:text card_expiry:text card_code:password",
    ),
    (
        ("I need an app where people can leave feedback on a course. "
        "They should give a rating from 1 to 5 and a comment."),
        "rating:radio comment:textarea",
    ),
    (
        "Vacation request: employee, department, start and end date, reason",
        "employee:text department:select start_date:date end_date:date reason:textarea",
    ),
    (
        "Apply for a loan. Fields: full name, tax number, monthly income, amount, upload of documents, consent",
        "full_name:text tax_number:text income:number amount:number documents:file consent:checkbox",
    ),
    (
        "Support ticket: subject, description, priority (low, medium, high), screenshot",
        "subject:text description:textarea priority:radio photo:file",
    ),
    (
        "Order form: product, quantity, size (S, M, L, XL), colour, delivery method, delivery address",
        "product:text quantity:number size:select colour:select delivery_method:radio delivery_address:text",
    ),
    ("Bug report:\n- title\n- steps to reproduce\n- website", "title:text steps_to_reproduce:textarea website:url"),
    ("Marathon sign-up: full name, date of birth, blood type, best finish time",
     "full_name:text birth_date:date blood_group:select best_finish_time:time"),
    ("Make a form: company name, company address, phone of the manager",
     "company:text company_address:text phone_of_the_manager:tel"),
    ("Meeting room: date and time, number of participants, do you need a projector (yes/no)",
     "visit_at:datetime-local participants:number do_you_need_a_projector:radio"),
    ("Запис до лікаря: ім'я, телефон, дата та час прийому", "name:text phone:tel visit_at:datetime-local"),
    ("Реєстрація на дозвіл на паркування: ім’я, номер авто, електронна пошта", "name:text car_plate:text email:email"),
    (
        "Створи форму запису на манікюр з ім'ям, телефоном, вибором майстра, датою і часом",
        "name:text phone:tel specialist:select visit_at:datetime-local",
    ),
    (
        "Заявка на довідку: ПІБ, РНОКПП, період, пошта, згода на обробку персональних даних",
        "full_name:text tax_number:text period:text email:email consent:checkbox",
    ),
    (
        "Бронювання готелю: дата заїзду та виїзду, кількість гостей, тип номера, імʼя, оплата карткою",
        ("check_in:date check_out:date guests:number room_type:select name:text "
        "card_number:text card_expiry:text card_code:password"),
    ),
    (
        "Анкета для вакансії: прізвище, ім'я, по батькові, дата народження, освіта, досвід роботи, резюме",
        "full_name:text birth_date:date education:select experience:number resume:file",
    ),
    (
        "Заявка на відпустку: працівник, вид відпустки, дата початку та завершення, причина",
        "employee:text leave_type:select start_date:date end_date:date reason:textarea",
    ),
    (
        "Опитування: оцінка від 1 до 10, що сподобалося, e-mail за бажанням",
        "rating:radio shcho_spodobalosia:textarea email:email",
    ),
    (
        "Скарга на яму на дорозі. Потрібні місце, фото, опис проблеми та телефон заявника.",
        "place:text photo:file description:textarea phone:tel",
    ),
    ("Реєстрація компанії: назва компанії, код ЄДРПОУ, адреса, сайт",
     "company:text company_code:text address:text website:url"),
    ("Замовлення піци: піца (Маргарита, Пепероні, Гавайська), кількість, адреса доставки",
     "pitsa:radio quantity:number delivery_address:text"),
    ("Субсидія: паспорт, ІПН, адреса реєстрації, дохід, рахунок IBAN, скан довідки",
     "passport:text tax_number:text registered_address:text income:number iban:text skan_dovidky:file"),
    ("Запис дитини до школи: ім'я дитини, клас, телефон, копії документів",
     "child_name:text grade:select phone:tel documents:file"),
    ("Страхування авто: марка та модель авто, рік випуску, термін дії, держномер",
     "car_model:text car_year:number permit_period:select car_plate:text"),
]  # fmt: skip

EXACT = [
    ("Lost luggage claim: flight number, bag colour, contact e-mail, estimated value",
     "flight_number:text bag_colour:select email:email amount:number"),
    ("Запис до дитсадка: ПІБ батьків, ім'я та дата народження дитини, телефон",
     "parent_name:text child_name:text child_birth_date:date phone:tel"),
    ("School trip: child's name and date of birth, parent phone",
     "child_name:text child_birth_date:date parent_phone:tel"),
    ("Табір: прізвище, ім'я та вік дитини", "prizvyshche_dytyny:text child_name:text child_age:number"),
    ("Time-off request app for employees with manager approval",
     "employee:text leave_type:select start_date:date end_date:date reason:textarea"),
    ("Vacation request: dates, reason, manager approval", "start_date:date end_date:date reason:textarea"),
    ("Відрядження: місто, дати, бюджет, погодження директора",
     "city:text start_date:date end_date:date amount:number"),
    ("Оренда велосипеда на вихідні з доставкою",
     "name:text phone:tel rental_item:text start_date:date end_date:date delivery_address:text delivery_time:time"),
    ("Wedding RSVP: name, attending yes/no, meal choice", "name:text attending:radio meal_choice:select"),
    ("Gym: name, plan choice, why you want to join", "name:text plan:select why_you_want_to_join:textarea"),
    ("Замовлення книг: назва книги, спосіб отримання", "nazva_knyhy:text receive_method:select"),
    ("Car wash booking: car plate, preferred time. We send a receipt by e-mail.", "car_plate:text preferred_time:time"),
    ("Ticket: what is broken, urgency low/medium/high, can we enter without you yes/no",
     "what_is_broken:textarea priority:radio can_we_enter_without_you:radio"),
    ("Донор: група крові, чому ви хочете допомогти", "blood_group:select chomu_vy_khochete_dopomohty:textarea"),
    ("Скарга: опис, фото. Без оплати.", "description:textarea photo:file"),
    ("Volunteer shift sign-up for a food bank",
     "full_name:text email:email phone:tel date:date time:time skills:textarea comment:textarea"),
]  # fmt: skip

HOSTILE = 'Form: name, <script>alert(1)</script>, "><img src=x onerror=alert(1)>, </label><b>x'
PAGES = [
    *(prompt for prompt, _ in READINGS),
    HOSTILE,
    "Dashboard of orders",
    "Список студентів",
    "Зроби сторінку входу",
]


def fields_of(flow: dict[str, Any]) -> list[dict[str, Any]]:
    """Give every field of a flow, in order."""
    return [entry for step in flow["steps"] for entry in step.get("fields", [])]


def kinds_of(flow: dict[str, Any]) -> list[str]:
    """Give the kinds of a flow's steps."""
    return [step["type"] for step in flow["steps"]]


def refine(flow: dict[str, Any], wish: str) -> dict[str, Any]:
    """Ask for a refinement the way the bot does."""
    previous = json.dumps(flow, ensure_ascii=False)
    refined: dict[str, Any] = json.loads(
        write_answer(f"<flow>\n{previous}\n</flow>\n\n<change>\n{wish}\n</change>\n\nRaw JSON only."),
    )
    Flow.model_validate(refined)
    return refined


class PageReader(HTMLParser):
    """Reads what a page is made of: its tags with their attributes, and the words of its labels."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.labels: dict[str, str] = {}
        self.text: list[str] = []
        self._label_of: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag; open a label."""
        self.tags.append((tag, dict(attrs)))
        if tag in {"label", "legend"}:
            self._label_of = dict(attrs).get("for") or f"legend-{len(self.tags)}"
            self.labels[self._label_of] = ""

    def handle_endtag(self, tag: str) -> None:
        """Close a label."""
        if tag in {"label", "legend"}:
            self._label_of = None

    def handle_data(self, data: str) -> None:
        """Keep the text, and a label's words."""
        self.text.append(data)
        if self._label_of is not None:
            self.labels[self._label_of] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Give the attributes of every such tag."""
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.mark.parametrize(("prompt", "expected"), READINGS)
def test_fields_are_read(prompt: str, expected: str) -> None:
    """A request's fields come out with their names and types, whatever step they land in."""
    found = {f"{entry['name']}:{entry['type']}" for entry in fields_of(write_flow(prompt))}

    assert found == set(expected.split())


@pytest.mark.parametrize(("prompt", "expected"), EXACT)
def test_nothing_is_invented(prompt: str, expected: str) -> None:
    """A request gets the fields it names or its subject needs, typed as people answer them, and no others."""
    found = {f"{entry['name']}:{entry['type']}" for entry in fields_of(write_flow(prompt))}

    assert found == set(expected.split())


@pytest.mark.parametrize(
    "prompt",
    ["Time-off request app with manager approval", "Expense report: amount, date. Manager approval required",
     "Заявка на відпустку з погодженням керівника", "Закупівля: товар, кількість. Потім заявку погоджує бухгалтер"],
)  # fmt: skip
def test_an_approval_is_announced(prompt: str) -> None:
    """Somebody's approval is what happens next, said in the last step; it is nothing to fill in."""
    flow = write_flow(prompt)

    assert re.search("goes for approval|піде на погодження", flow["steps"][-1]["message"])
    assert not any(re.search("pproval|огодж", entry["label"]) for entry in fields_of(flow))


def test_personal_details_are_the_parents() -> None:
    """A parent's name is personal, a child's goes under the child."""
    flow = write_flow("Школа: ПІБ батьків, телефон, e-mail, ім'я, стать та дата народження дитини, клас")

    titles = {entry["label"]: step["title"] for step in flow["steps"] for entry in step.get("fields", [])}
    assert titles["ПІБ батьків"] == "Ваші дані"
    assert titles["Ім'я дитини"] == titles["Дата народження дитини"] == "Про дитину"


def test_an_owner_keeps_the_requests_spelling() -> None:
    """Saying an owner twice keeps abbreviations as they were written."""
    labels = [entry["label"] for entry in fields_of(write_flow("Реєстрація собаки: кличка, ПІБ і телефон власника"))]

    assert labels[1:] == ["ПІБ власника", "Телефон власника"]


def test_labels_stand_where_no_case_is_asked() -> None:
    """Ukrainian sentences name labels after words that govern no case."""
    flow = write_flow("Заявка на обмін прав: категорія прав, дата народження, фото")
    bare = write_flow("Заявка на зустріч: тема, дата")
    listed = write_flow("Таблиця працівників")

    assert flow["description"].startswith("Що вказати: категорія прав, дата народження")
    assert flow["steps"][0]["message"].endswith("Знадобиться: категорія прав.")
    assert bare["steps"][0]["message"].endswith("Що вказати: тема та дата.")
    assert "Стовпці: ім'я" in listed["steps"][0]["message"]


@pytest.mark.parametrize("prompt", PAGES)
def test_a_flow_is_valid(prompt: str) -> None:
    """Every flow fits the model, has 1 to 6 steps of at most 8 fields, and unique ASCII names and ids."""
    flow = Flow.model_validate(write_flow(prompt))

    names = [entry.name for step in flow.steps for entry in step.fields or ()]
    assert 1 <= len(flow.steps) <= 6
    assert all(len(step.fields or ()) <= 8 for step in flow.steps)
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert len({step.id for step in flow.steps}) == len(flow.steps)
    assert flow.metadata is not None
    assert flow.metadata["engine"] == "demo engine"


@pytest.mark.parametrize("prompt", PAGES)
def test_a_page_shows_its_flow(prompt: str) -> None:
    """Every step has a section with its title, every field a label and a control of its type."""
    flow = write_flow(prompt)
    read = PageReader(write_page(flow, prompt))

    sections = [attrs["id"] for attrs in read.all("section")]
    controls = {attrs.get("name"): (tag, attrs) for tag, attrs in read.tags if tag in {"input", "select", "textarea"}}
    words = " ".join(read.labels.values())
    assert sections == [f"step-{number}" for number in range(1, len(flow["steps"]) + 1)]
    assert all(step["title"] in "".join(read.text) for step in flow["steps"])
    for entry in fields_of(flow):
        tag, attrs = controls[entry["name"]]
        assert entry["type"] == (attrs["type"] if tag == "input" else tag)
        assert entry["label"] in words
        assert ("required" in attrs) == entry["required"]


@pytest.mark.parametrize("prompt", PAGES)
def test_a_page_passes_the_bots_own_check(prompt: str) -> None:
    """The bot finds every title and every field of the flow on the page, so it never asks twice."""
    flow = write_flow(prompt)

    assert check_page(write_page(flow, prompt), Flow.model_validate(flow)).is_faithful


@pytest.mark.parametrize("prompt", PAGES)
def test_a_page_is_whole(prompt: str) -> None:
    """Ids are unique, labels and links lead somewhere, nothing runs and nothing is fetched."""
    page = write_page(write_flow(prompt), prompt)
    read = PageReader(page)

    ids = [attrs["id"] for _, attrs in read.tags if "id" in attrs]
    targets = [str(attrs["href"]) for attrs in read.all("a")]
    controls = [attrs for tag, attrs in read.tags if tag in {"input", "select", "textarea"}]
    assert len(ids) == len(set(ids))
    assert {attrs["for"] for attrs in read.all("label")} <= set(ids)
    assert all(attrs["id"] in read.labels for attrs in controls)
    assert all(target.startswith("#") and target[1:] in ids for target in targets)
    assert not {tag for tag, _ in read.tags} & {"script", "img", "link", "iframe", "form", "style", "object"}
    assert not any(key.startswith("on") or key in {"src", "style", "action"} for _, attrs in read.tags for key in attrs)
    assert page.startswith("<!DOCTYPE html>")
    assert page.rstrip().endswith("</html>")
    assert len(page.encode()) < 32_000


@pytest.mark.parametrize(
    ("prompt", "language"),
    [("Parking permit: name", "en"), ("Дозвіл на паркування: ім'я", "uk"), ("Форма для Slack: email, ім'я", "uk")],
)
def test_the_language_is_the_prompts(prompt: str, language: str) -> None:
    """The page declares the request's language, and the engine's own words are in it."""
    page = write_page(write_flow(prompt), prompt)

    own = {"en": "Made by the demo engine", "uk": "Зроблено демонстраційним рушієм"}
    assert f'<html lang="{language}"' in page
    assert own[language] in page


def test_hostile_text_stays_text() -> None:
    """Markup in a request reaches the page as words."""
    page = write_page(write_flow(HOSTILE), HOSTILE)

    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page


def test_a_foreign_flow_is_escaped() -> None:
    """Every text of a flow that another engine made is escaped, too: names, options, placeholders."""
    evil = '"><script>x</script>'
    flow = {
        "name": evil,
        "description": evil,
        "steps": [
            {
                "type": "form",
                "title": evil,
                "message": evil,
                "fields": [
                    {"name": evil, "type": evil, "label": evil, "placeholder": evil},
                    {"name": "pick", "type": "dropdown", "label": evil, "metadata": {"options": [{"label": evil}]}},
                    {"name": "choose", "type": "radio", "label": evil, "metadata": {"options": [evil]}},
                ],
            },
            {"type": "info", "title": evil, "metadata": {"columns": [{"name": evil, "label": evil}]}},
            {"type": "confirmation", "title": evil},
        ],
        "metadata": {"accent": evil, "ground": evil},
    }  # fmt: skip
    page = write_page(flow, evil)

    assert "<script" not in page
    assert evil not in page
    assert page.count("&quot;&gt;&lt;script&gt;") > 10


@pytest.mark.parametrize("flow", [{}, {"steps": None}, {"steps": ["x"]}, {"steps": [{"fields": "x", "metadata": 3}]}])
def test_a_poor_flow_still_makes_a_page(flow: dict[str, Any]) -> None:
    """A flow with holes gives a page instead of an error."""
    page = write_page(flow, "Form")

    assert "<h1" in page


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Create a simple registration form: name", "Registration form"),
        ("Please build an app for ordering pizza", "Ordering pizza"),
        ("We need a page where citizens can report potholes: photo", "Report potholes"),
        ("Registration for a parking permit: name", "Registration for a parking permit"),
        ("Створи просту форму запису до лікаря: ім'я", "Форма запису до лікаря"),
        ("Зроби сторінку входу", "Сторінка входу"),
        ("Потрібна форма зворотного зв'язку", "Форма зворотного зв'язку"),
        ("Make a form with name and e-mail", "Online form"),
    ],
)
def test_the_app_is_named(prompt: str, name: str) -> None:
    """The name is what is asked for, without the asking."""
    assert write_flow(prompt)["name"] == name


@pytest.mark.parametrize(
    ("prompt", "count"),
    [
        ("Job application with CV in 3 steps", 3),
        ("Two-step form: name, phone", 2),
        ("Запис до школи у три кроки: ім'я дитини, клас, телефон, адреса", 3),
        ("Форма в один крок: ім'я, телефон", 1),
        ("Permit in two steps: name, phone, car plate, documents, card payment", 2),
        ("Parking permit in 5 steps: name, e-mail, phone, car plate, documents, payment", 5),
    ],
)
def test_the_number_of_steps_is_kept(prompt: str, count: int) -> None:
    """A flow has as many steps as asked for."""
    assert len(write_flow(prompt)["steps"]) == count


def test_steps_that_are_spelled_out_are_kept() -> None:
    """Spelling out "Step 1: … Step 2: …" decides the steps, their titles and their fields."""
    flow = write_flow("Крок 1 - особисті дані: ім'я, прізвище. Крок 2 - адреса (місто, вулиця). Крок 3: оплата")

    assert [step["title"] for step in flow["steps"]] == ["Особисті дані", "Адреса", "Оплата", "Перевірте й надішліть"]
    assert [entry["name"] for entry in flow["steps"][1]["fields"]] == ["city", "street"]


def test_a_long_form_is_split_by_topic() -> None:
    """People, subject matter, documents and payment get steps of their own; the consent comes last."""
    flow = write_flow(
        "Application for a permit: name, surname, phone, e-mail, car plate, car model, permit period, "
        "documents, card payment, consent to personal data processing",
    )

    titles = [step["title"] for step in flow["steps"]]
    assert kinds_of(flow) == ["info", "form", "form", "form", "form", "confirmation"]
    assert titles[1:5] == ["Your details", "Vehicle", "Documents", "Payment"]
    assert flow["steps"][4]["fields"][-1]["name"] == "consent"


@pytest.mark.parametrize(
    ("prompt", "optional"),
    [
        ("Form: name, phone (optional), city", {"phone"}),
        ("Form: name, optional phone, age", {"phone"}),
        ("Форма: ім'я, телефон (необов'язково), місто", {"phone"}),
        ("Форма: ім'я, телефон, коментар", {"comment"}),
    ],
)
def test_optional_fields_are_marked(prompt: str, optional: set[str]) -> None:
    """A field is required unless the request, or its nature, says otherwise."""
    found = {entry["name"] for entry in fields_of(write_flow(prompt)) if not entry["required"]}

    assert found == optional


def test_options_come_from_the_request() -> None:
    """Options in brackets are offered as they stand, with a capital letter."""
    [entry] = [e for e in fields_of(write_flow("Ticket: title, severity (low/medium/high)")) if e["name"] == "priority"]

    assert entry["metadata"] == {"options": ["Low", "Medium", "High"]}
    assert entry["label"] == "Severity"


@pytest.mark.parametrize("prompt", ["Dashboard of orders with status, customer and total", "Таблиця працівників"])
def test_a_table_is_shown_with_rows(prompt: str) -> None:
    """A list or a dashboard informs, and its page has a table of made-up rows."""
    flow = write_flow(prompt)
    page = PageReader(write_page(flow, prompt))

    assert kinds_of(flow) == ["info", "info"]
    assert flow["steps"][0]["message"]
    assert len(page.all("tr")) == 6


def test_nothing_named_gives_the_usual_fields() -> None:
    """A request that names no field gets what its subject usually has, or a contact form."""
    pizza = {entry["name"] for entry in fields_of(write_flow("Pizza delivery app"))}
    unknown = [entry["name"] for entry in fields_of(write_flow("Something for my knitting club"))]

    assert {"dish", "delivery_address", "phone", "card_number"} <= pizza
    assert unknown == ["name", "email", "comment"]


@pytest.mark.parametrize(
    ("prompt", "options"),
    [
        ("RSVP: name, will you attend", ["Yes", "No"]),
        ("Анкета: ім'я, чи є досвід", ["Так", "Ні"]),
        ("Опитування: відділ, анонімно чи ні", ["Так", "Ні"]),
    ],
)
def test_a_question_is_answered_yes_or_no(prompt: str, options: list[str]) -> None:
    """An item that asks whether becomes a choice of two."""
    entry = fields_of(write_flow(prompt))[-1]

    assert entry["type"] == "radio"
    assert entry["metadata"] == {"options": options}


def test_looks_are_read() -> None:
    """A colour or a dark theme changes the page, and is no part of the name."""
    prompt = "Newsletter subscription with a green button and dark theme"
    flow = write_flow(prompt)
    page = write_page(flow, "")

    assert flow["name"] == "Newsletter subscription"
    assert flow["metadata"] == {"engine": "demo engine", "accent": "emerald", "ground": "dark"}
    assert "bg-emerald-700" in page
    assert "bg-slate-950" in page


PERMIT = "Registration for a parking permit: name, car plate, e-mail"
VISIT = "Запис до лікаря: ім'я, телефон, дата та час прийому"


@pytest.mark.parametrize(
    ("prompt", "wish", "expected"),
    [
        (PERMIT, "add phone and date of birth", "name car_plate email phone birth_date"),
        (PERMIT, "remove the car plate", "name email"),
        (PERMIT, "Please also ask for a comment and blood group", "name car_plate email comment blood_group"),
        (PERMIT, "replace e-mail with phone", "name car_plate phone"),
        (PERMIT, "make it look friendlier", "name car_plate email"),
        (VISIT, "додай електронну пошту", "name phone visit_at email"),
        (VISIT, "прибери телефон", "name visit_at"),
        (VISIT, "заміни телефон на e-mail", "name visit_at email"),
        (VISIT, "без телефону, будь ласка", "name visit_at"),
        (VISIT, "додай причину візиту. Прибери дату та час", "name phone reason"),
    ],
)
def test_fields_are_refined(prompt: str, wish: str, expected: str) -> None:
    """A refinement adds, removes or replaces the fields it names and leaves the others."""
    refined = refine(write_flow(prompt), wish)

    assert [entry["name"] for entry in fields_of(refined)] == expected.split()


def test_a_payment_step_is_added_before_the_last_look() -> None:
    """Payment gets a step of its own; the confirmation stays last."""
    refined = refine(write_flow(VISIT), "потрібна ще оплата карткою")

    assert kinds_of(refined) == ["info", "form", "form", "confirmation"]
    assert refined["steps"][2]["title"] == "Оплата"


@pytest.mark.parametrize(
    ("wish", "name"),
    [("rename to Parking pass", "Parking pass"), ("Перейменуй на «Перепустка»", "Перепустка"),
     ('change the title to "City pass"', "City pass")],
)  # fmt: skip
def test_the_flow_is_renamed(wish: str, name: str) -> None:
    """A new name replaces the title; the steps stay."""
    before = write_flow(PERMIT)
    refined = refine(before, wish)

    assert refined["name"] == name
    assert refined["steps"] == before["steps"]


def test_a_field_is_made_optional_and_relabelled() -> None:
    """One wish can change several things."""
    refined = refine(write_flow(PERMIT), "make e-mail optional. Rename car plate to licence plate")

    entries = {entry["name"]: entry for entry in fields_of(refined)}
    assert entries["email"]["required"] is False
    assert entries["car_plate"]["label"] == "Licence plate"


def test_a_step_is_removed_and_steps_are_counted_anew() -> None:
    """A step goes by its name; "in 2 steps" deals the fields out again."""
    flow = write_flow(PERMIT)

    assert kinds_of(refine(flow, "remove the info step")) == ["form", "confirmation"]
    assert kinds_of(refine(flow, "split it into 4 steps")) == ["info", "form", "form", "confirmation"]


def test_steps_without_fields_are_added() -> None:
    """An introduction and a last look can be asked for, where there is none yet."""
    bare = write_flow("Form in one step: name, phone")

    assert kinds_of(refine(bare, "add an intro step")) == ["info", "form"]
    assert kinds_of(refine(bare, "додай крок підтвердження")) == ["form", "confirmation"]


def test_a_spelled_out_step_may_inform_or_confirm() -> None:
    """A step whose words name no field informs, or confirms when they say so."""
    flow = write_flow("Visit. Step 1: how it works. Step 2: name and phone. Step 3: check everything")

    assert kinds_of(flow) == ["info", "form", "confirmation"]


def test_a_wizard_has_several_forms() -> None:
    """A wizard deals even a few fields out to several steps."""
    assert kinds_of(write_flow("Wizard: name, phone, product, quantity")) == ["form", "form", "confirmation"]


def test_a_foreign_flow_keeps_what_it_has() -> None:
    """A refinement of a model's flow keeps steps and keys that the rules do not know."""
    flow = {
        "id": "x",
        "name": "Visit",
        "description": "Ours",
        "steps": [
            {"id": "a", "type": "map", "title": "Find us", "metadata": {"zoom": 3}},
            {
                "id": "b",
                "type": "form",
                "title": "You",
                "fields": [{"name": "fullName", "type": "text", "label": "Name"}],
            },
        ],
    }  # fmt: skip
    refined = refine(flow, "add phone")

    assert refined["steps"][0] == flow["steps"][0]
    assert refined["description"] == "Ours"
    assert [entry["name"] for entry in fields_of(refined)] == ["fullName", "phone"]


def test_the_answer_follows_the_tags() -> None:
    """With a flow the answer is its page, else the flow's JSON; text without tags is the request."""
    flow = write_flow(PERMIT)
    page = write_answer(f"<request>{PERMIT}</request>\n<flow>{json.dumps(flow)}</flow>\nRaw HTML only.")

    assert page == write_page(flow, PERMIT)
    assert json.loads(write_answer(PERMIT)) == flow
    assert json.loads(write_answer(f"Make a flow.\n<request>\n{PERMIT}\n</request>\nRaw JSON only.")) == flow


@pytest.mark.parametrize(
    "inner", ["<flow>{}</flow> form: name", "</request> form: name <request>", "<flow> form: name"]
)
def test_tags_inside_a_request_are_words(inner: str) -> None:
    """What a person types can't turn a flow's answer into a page."""
    flow = json.loads(write_answer(f"<request>{inner}</request>"))

    assert str(fields_of(flow)[0]["name"]).startswith("name")


def test_an_unreadable_flow_is_made_anew() -> None:
    """A broken flow still gets a page: that of the request."""
    page = write_answer(f"<request>{PERMIT}</request><flow>{{broken</flow>")

    assert page == write_page(write_flow(PERMIT), PERMIT)


@pytest.mark.parametrize("text", ["", "   ", "🙂", "::::", "a" * 2000, "name, " * 300, "і та з " * 250, "(" * 500])
def test_any_text_gets_a_valid_flow(text: str) -> None:
    """Nothing a person can send makes the engine fail."""
    flow = json.loads(write_answer(text))

    assert Flow.model_validate(flow).steps


def test_answers_are_the_same_each_time() -> None:
    """The engine has no memory and no chance in it."""
    assert write_answer(VISIT) == write_answer(VISIT)


@pytest.mark.parametrize("key", [key for key, concept in CONCEPTS.items() if not concept.parts])
def test_every_concept_finds_its_own_label(key: str) -> None:
    """A field's label, said in a request, is read as a concept again, in both languages."""
    concept = CONCEPTS[key]

    assert all(find_concepts(language.pick(concept.label)) for language in Language)


def test_the_vocabulary_is_broad() -> None:
    """At least 70 concepts are known, with names that fit HTML and JSON."""
    assert len(CONCEPTS) >= 70
    assert all(re.fullmatch(r"[a-z_]+", key) for key in CONCEPTS)
