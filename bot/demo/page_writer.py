"""Writes the page of a flow: one HTML document in Tailwind classes, without scripts or foreign resources."""

from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Any

from bot.demo.page_fields import Look, write_fields
from bot.demo.page_panels import (
    write_message,
    write_notice,
    write_outlook,
    write_record,
    write_stats,
    write_summary,
    write_table,
)
from bot.demo.request_text import detect_language, kept_language
from bot.demo.theme import pick_look
from bot.demo.vocabulary import Language, Pair

_STEP_OF: Pair = ("Step {number} of {count}", "Крок {number} з {count}")
_REQUIRED: Pair = ("Fields with * are required.", "Поля з * обов'язкові.")
_DONE: Pair = ("Thank you! It is sent.", "Дякуємо! Надіслано.")
_DONE_NOTE: Pair = (
    "This is a prototype: nothing has left this page.",
    "Це прототип: дані нікуди не передано.",
)

Step = dict[str, Any]
_PLAIN: Mapping[str, str] = MappingProxyType({})


def write_page(flow: dict[str, Any], prompt: str, before: Mapping[str, str] = _PLAIN) -> str:
    """Write the page of ``flow``; ``prompt`` may name its looks ("a green button", "dark theme").

    Else they are those of ``before``, the page that it replaces, else what the flow was first asked for with.

    Every text of the flow is escaped, so that none of it becomes markup.
    """
    steps = [step for step in flow.get("steps") or [] if isinstance(step, dict)]
    language = _find_language(flow, steps, prompt)
    metadata = flow.get("metadata")
    ground, accent = pick_look(prompt, {**(metadata if isinstance(metadata, dict) else {}), **before})
    look = Look(language=language, ground=ground, accent=accent)
    sections = "\n".join(_write_step(number, steps, look) for number in range(1, len(steps) + 1))
    name = escape(str(flow.get("name") or language.pick(("Prototype", "Прототип"))))
    return f"""<!DOCTYPE html>
<html lang="{language}" class="scroll-smooth">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
</head>
<body class="min-h-screen font-sans antialiased {ground.page}">
{_write_skip_link(look)}
{_write_header(name, str(flow.get("description") or ""), look)}
{_write_progress(steps, look)}
<main class="mx-auto grid max-w-3xl grid-cols-1 gap-6 px-4 pb-10 sm:px-6">
{sections}
{_write_done(look)}
</main>
{_write_footer(look)}
</body>
</html>
"""


def _find_language(flow: dict[str, Any], steps: list[Step], prompt: str) -> Language:
    """Find the language the flow is written in; the prompt's when the flow says nothing."""
    if (kept := kept_language(flow)) is not None:
        return kept
    titles = " ".join(str(step.get("title") or "") for step in steps)
    return detect_language(f"{flow.get('name') or ''} {titles}".strip() or prompt)


def _write_skip_link(look: Look) -> str:
    """Write the link that takes keyboards past the header."""
    words = look.language.pick(("Skip to the first step", "До першого кроку"))
    return (
        '<a href="#step-1" class="sr-only focus:not-sr-only focus:absolute focus:top-3 focus:left-3 focus:z-20 '
        "focus:rounded-lg focus:px-4 focus:py-3 "
        f'{look.accent.button} {look.focus}">{words}</a>'
    )


def _write_header(name: str, description: str, look: Look) -> str:
    """Write the band with the app's name, already escaped, and what it is for."""
    prototype = look.language.pick(("Prototype", "Прототип"))
    about = (
        f'\n<p class="mt-3 max-w-2xl text-base {look.accent.band_text} sm:text-lg">{escape(description)}</p>'
        if description
        else ""
    )
    return f"""<header class="text-white {look.accent.band}">
<div class="mx-auto max-w-3xl px-4 pt-8 pb-16 sm:px-6 sm:pt-12 sm:pb-20">
<p class="text-sm font-semibold {look.accent.band_text}">{prototype}</p>
<h1 class="mt-2 text-2xl font-bold tracking-tight text-balance wrap-anywhere sm:text-4xl">{name}</h1>{about}
</div>
</header>"""


def _write_progress(steps: list[Step], look: Look) -> str:
    """Write the ordered list of steps, numbered; the titles show where there is room."""
    label = look.language.pick(("Progress", "Кроки"))
    items = []
    for number, step in enumerate(steps, start=1):
        is_first = number == 1
        circle = look.accent.button if is_first else f"border {look.ground.field} group-hover:underline"
        current = ' aria-current="step"' if is_first else ""
        title = escape(str(step.get("title") or number))
        items.append(
            f'<li class="min-w-0 flex-1"><a href="#step-{number}"{current} class="group flex min-h-11 flex-col '
            f'items-center gap-2 rounded-lg py-1 text-center {look.focus}">'
            f'<span class="grid size-9 place-items-center rounded-full text-sm font-bold {circle}">{number}</span>'
            '<span class="sr-only text-sm leading-tight font-medium wrap-anywhere '
            f'sm:not-sr-only">{title}</span></a></li>',
        )
    return f"""<nav aria-label="{label}" class="mx-auto -mt-10 mb-6 max-w-3xl px-4 sm:px-6">
<ol class="flex gap-2 rounded-2xl border p-3 shadow-sm {look.ground.card}">
{chr(10).join(items)}
</ol>
</nav>"""


def _write_step(number: int, steps: list[Step], look: Look) -> str:
    """Write one step as a card."""
    step = steps[number - 1]
    place = look.language.pick(_STEP_OF).format(number=number, count=len(steps))
    title = escape(str(step.get("title") or place))
    card = f"scroll-mt-4 rounded-2xl border p-5 shadow-sm sm:p-8 {look.ground.card}"
    return f"""<section id="step-{number}" aria-labelledby="step-{number}-title" class="{card}">
<p class="text-sm font-semibold {look.accent.words}">{place}</p>
<h2 id="step-{number}-title" class="mt-1 text-xl font-bold tracking-tight wrap-anywhere sm:text-2xl">{title}</h2>
{_write_body(number, steps, look)}
{_write_controls(number, steps, look)}
</section>"""


def _write_body(number: int, steps: list[Step], look: Look) -> str:
    """Write what a step holds, by its kind."""
    step = steps[number - 1]
    message = str(step.get("message") or "")
    parts = [write_message(message, look)] if message else []
    fields = _fields(step)
    if fields:
        parts.append(write_fields(fields, prefix=f"field-{number}", look=look))
        parts.append(f'<p class="mt-4 text-sm {look.ground.muted}">{look.language.pick(_REQUIRED)}</p>')
        return "\n".join(parts)
    view = step["metadata"] if isinstance(step.get("metadata"), dict) else {}
    columns = [column for column in view.get("columns") or [] if isinstance(column, dict)]
    if columns:
        return "\n".join([*parts, _write_view(str(view.get("view")), columns, number, steps, look)])
    forms = [(place, other) for place, other in enumerate(steps[: number - 1], start=1) if _fields(other)]
    if step.get("type") == "confirmation" and forms:
        return "\n".join([*parts, write_summary(forms, look)])
    if number < len(steps):
        titles = [str(other.get("title") or "") for other in steps[number:]]
        return "\n".join([*parts, write_outlook(titles, number + 1, look)])
    return write_notice(message, look) if message else ""


def _write_view(view: str, columns: list[dict[str, Any]], number: int, steps: list[Step], look: Look) -> str:
    """Write made-up records: a dashboard, a table, or one record."""
    if view == "record":
        return write_record(columns, look)
    title = str(steps[number - 1].get("title") or "")
    table = write_table(columns, title=title, detail_step=number + 1 if number < len(steps) else None, look=look)
    return f"{write_stats(look)}\n{table}" if view == "dashboard" else table


def _fields(step: Step) -> list[dict[str, Any]]:
    """Give a step's fields; none for a step that has no list of them."""
    fields = step.get("fields")
    return [entry for entry in fields if isinstance(entry, dict)] if isinstance(fields, list) else []


def _write_controls(number: int, steps: list[Step], look: Look) -> str:
    """Write the links back and on."""
    shape = f"inline-flex min-h-12 items-center justify-center rounded-lg px-6 text-base font-semibold {look.focus}"
    links = []
    if number > 1:
        back = look.language.pick(("Back", "Назад"))
        links.append(f'<a href="#step-{number - 1}" class="{shape} border {look.ground.choice}">{back}</a>')
    target, words = _find_next(number, steps, look.language)
    if words:
        links.append(f'<a href="#{target}" class="{shape} sm:ml-auto {look.accent.button}">{words}</a>')
    label = look.language.pick(_STEP_OF).format(number=number, count=len(steps))
    return (
        f'<nav aria-label="{label}" class="mt-8 flex flex-col-reverse gap-3 sm:flex-row">{"".join(links)}</nav>'
        if links
        else ""
    )


def _find_next(number: int, steps: list[Step], language: Language) -> tuple[str, str]:
    """Find where a step leads and what its button says; no words: nowhere."""
    step = steps[number - 1]
    if number == len(steps):
        is_sent = step.get("type") == "confirmation" or bool(_fields(step))
        return "done", language.pick(("Send", "Надіслати")) if is_sent else ""
    if _is_sign_in(step) and number + 1 == len(steps):
        return f"step-{number + 1}", language.pick(("Sign in", "Увійти"))
    view = step["metadata"] if isinstance(step.get("metadata"), dict) else {}
    if view.get("columns"):
        following = bool(_fields(steps[number]))
        return f"step-{number + 1}", language.pick(
            ("Add", "Додати") if following else ("Open a record", "Відкрити запис")
        )
    words = ("Start", "Почати") if number == 1 and not _fields(step) else ("Next", "Далі")
    return f"step-{number + 1}", language.pick(words)


def _is_sign_in(step: Step) -> bool:
    """Tell a sign-in: it asks for a password, once."""
    names = {entry.get("name") for entry in _fields(step)}
    return "password" in names and "password_repeat" not in names


def _write_done(look: Look) -> str:
    """Write the panel that shows once *Send* was followed."""
    return (
        '<div id="done" role="status" class="hidden scroll-mt-4 rounded-2xl border p-5 shadow-sm target:block sm:p-8 '
        f'{look.ground.card}">'
        f'<p class="text-xl font-bold">{look.language.pick(_DONE)}</p><p class="mt-2 '
        f'{look.ground.muted}">{look.language.pick(_DONE_NOTE)}</p></div>'
    )


def _write_footer(look: Look) -> str:
    """Say who made the page: rules, not a model."""
    words = look.language.pick(("Made by the demo engine", "Зроблено демонстраційним рушієм"))
    return (
        f'<footer class="mx-auto max-w-3xl px-4 pb-10 text-center text-sm sm:px-6 {look.ground.muted}">{words}</footer>'
    )
