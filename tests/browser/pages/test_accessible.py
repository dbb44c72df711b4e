"""Finished pages under axe: what the built-in CodeMie draws, and what finishing can mend of a worse one."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from axe_playwright_python.async_playwright import Axe
from browser import needs_chromium, open_browser
from playwright.async_api import Browser
from prototypes import finish

from bot.demo.engine import write_flow, write_page
from bot.previews.compile import TailwindCompiler

pytestmark = [pytest.mark.browser, needs_chromium]

_PHONE: Final = 390
_DESKTOP: Final = 1280
_PROMPTS: Final = {
    "short": "Registration for a parking permit: name, car plate, e-mail",
    "every field": (
        "Job application: photo, full name, birth date, phone, e-mail, city, password, years of experience, "
        "salary, website, start time, cover letter, CV, gender, position (designer, engineer, manager), consent"
    ),
    "scale": "Library feedback: rating from 1 to 5, which book, comment. Green button",
    "dark": "Dark theme. Booking a table: date, time, number of guests, name, phone, wishes",
    "payment": "Online shop checkout: delivery address, delivery method, card number, promo code. Orange style",
    "steps": "Visa application. Step 1: how it works. Step 2: name, passport, photo. Step 3: check everything",
    "dashboard": "A dashboard of orders with a table and a page of one order, grey design",
    "ukrainian": "Реєстрація на паркувальний дозвіл: ім'я, номер авто, e-mail",
    "ukrainian dark": "Темна тема, рожеві кнопки. Запис до лікаря: лікар, дата, час, скарги, телефон, згода",
    "ukrainian every field": (
        "Заява на субсидію: прізвище, дата народження, адреса, кількість людей у родині, дохід, документи, "
        "спосіб отримання (карта, пошта), оплата карткою, згода. Жовтий стиль"
    ),
    "ukrainian sky": "Опитування про парк у блакитному кольорі: оцінка, що сподобалось, пропозиції, e-mail",
}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Start a browser."""
    async with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def compiler() -> TailwindCompiler:
    """Make a compiler."""
    return TailwindCompiler()


async def find_problems(browser: Browser, html: str, *, width: int) -> dict[str, list[str]]:
    """Return what axe finds serious or critical, by its rule, with the elements."""
    page = await browser.new_page(viewport={"width": width, "height": 900})
    try:
        await page.set_content(html)
        found = (await Axe().run(page)).response
    finally:
        await page.close()
    assert len(found["passes"]) > 5

    return {
        problem["id"]: [node["html"] for node in problem["nodes"]]
        for problem in found["violations"]
        if problem["impact"] in {"serious", "critical"}
    }


@pytest.mark.parametrize("prompt", _PROMPTS.values(), ids=_PROMPTS)
async def test_the_built_in_pages_have_no_serious_problem(
    browser: Browser, compiler: TailwindCompiler, prompt: str
) -> None:
    """As they are delivered, in both languages and all looks, on a phone and on a desk."""
    page = await finish(write_page(write_flow(prompt), prompt), compiler)
    problems = [await find_problems(browser, page, width=width) for width in (_PHONE, _DESKTOP)]

    assert problems == [{}, {}]


_FAULTY: Final = {
    "no language": ("<title></title><main><h1>Permit</h1></main>", {"document-title", "html-has-lang"}, set()),
    "no labels": (
        (
            "<html lang=ua><title>x</title><main><h1>Permit</h1><form><input placeholder=Name><label>E-mail</label>"
            "<input type=email><input type=checkbox> <label>I agree</label><p>City</p>"
            "<select><option>Kyiv</select></form>"
        ),
        {"html-lang-valid", "label", "select-name"},
        {"select-name"},
    ),
    "no words": (
        (
            "<html lang=en><title>x</title><main><h1>Permit</h1><button></button>"
            '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==">'
        ),
        {"button-name", "image-alt"},
        {"button-name", "image-alt"},
    ),
}


@pytest.mark.parametrize(("page", "before", "after"), _FAULTY.values(), ids=_FAULTY)
async def test_finishing_mends_what_a_page_says_otherwise(
    browser: Browser, compiler: TailwindCompiler, page: str, before: set[str], after: set[str]
) -> None:
    """Title, language and the label beside a control are mended; what no word on the page says stays a fault."""
    finished = await finish(page, compiler)

    assert set(await find_problems(browser, page, width=_PHONE)) == before
    assert set(await find_problems(browser, finished, width=_PHONE)) == after
