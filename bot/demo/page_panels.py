"""Writes what stands in steps without fields: what comes next, a summary, a table, one record."""

from html import escape
from typing import Any

from bot.demo.page_fields import Look
from bot.demo.samples import ROW_COUNT, answer_of, make_cells
from bot.demo.vocabulary import Pair

_BADGES = {
    "emerald": ("done", "paid", "виконано", "оплачено"),
    "amber": ("in progress", "у роботі"),
}
_STATS: tuple[tuple[Pair, str], ...] = (
    (("Total", "Усього"), "128"),
    (("New this week", "Нові за тиждень"), "17"),
    (("Done", "Виконано"), "96"),
)
_BARS = (("h-12", "h-20", "h-16", "h-28", "h-24", "h-32", "h-20"), ("Mo Tu We Th Fr Sa Su", "Пн Вт Ср Чт Пт Сб Нд"))
_CHECK_ICON = (
    '<svg class="mt-0.5 size-5 shrink-0" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2" '
    'aria-hidden="true"><circle cx="10" cy="10" r="8"/><path d="m6.5 10 2.5 2.5 4.5-5"/></svg>'
)


def write_message(message: str, look: Look) -> str:
    """Write a step's message."""
    return f'<p class="mt-3 max-w-2xl text-base leading-relaxed {look.ground.muted}">{escape(message)}</p>'


def write_notice(message: str, look: Look) -> str:
    """Write a message as a panel with a tick."""
    words = f'<p class="text-base">{escape(message)}</p>'
    return f'<div class="mt-6 flex gap-3 rounded-lg p-4 {look.accent.mark}">{_CHECK_ICON}{words}</div>'


def write_outlook(titles: list[str], first: int, look: Look) -> str:
    """Write the list of the steps to come; ``first`` is the number of the first of them."""
    items = "".join(
        '<li class="flex items-center gap-3 py-3"><span class="grid size-8 shrink-0 place-items-center rounded-full '
        f'text-sm font-semibold {look.accent.mark}">{number}</span>'
        f"<span>{escape(title)}</span></li>"
        for number, title in enumerate(titles, start=first)
    )
    heading = look.language.pick(("What comes next", "Що далі"))
    return (
        f'<h3 class="mt-6 text-sm font-semibold">{heading}</h3>'
        f'<ol start="{first}" class="mt-2 divide-y rounded-lg px-4 {look.ground.soft} '
        f'{look.ground.divide}">{items}</ol>'
    )


def write_summary(forms: list[tuple[int, dict[str, Any]]], look: Look) -> str:
    """Write the answers of every form, with a link back to it; ``forms`` are numbered steps with fields."""
    change = look.language.pick(("Change", "Змінити"))
    note = look.language.pick(("The answers are made up.", "Відповіді вигадані для прикладу."))
    panels = []
    for number, step in forms:
        title = escape(str(step.get("title", "")))
        rows = "".join(_write_row(entry, look) for entry in step["fields"] if isinstance(entry, dict))
        panels.append(
            f'<div class="overflow-hidden rounded-lg border {look.ground.line}">'
            f'<div class="flex items-center justify-between gap-3 py-1 pr-2 pl-4 {look.ground.soft}"><h3 '
            f'class="text-base font-semibold">{title}</h3>'
            f'<a href="#step-{number}" aria-label="{change}: {title}" class="inline-flex min-h-11 items-center '
            f"rounded-lg px-3 text-sm font-semibold underline underline-offset-4 {look.accent.words} "
            f'{look.focus}">{change}</a></div>'
            f'<dl class="divide-y px-4 {look.ground.divide}">{rows}</dl></div>',
        )
    return f'<div class="mt-6 grid gap-4">{"".join(panels)}<p class="text-sm {look.ground.muted}">{note}</p></div>'


def _write_row(entry: dict[str, Any], look: Look) -> str:
    """Write one answer."""
    label = escape(str(entry.get("label") or entry.get("name") or ""))
    return _write_pair(label, escape(answer_of(entry, look.language)), look)


def _write_pair(term: str, value: str, look: Look) -> str:
    """Write a term and its value, side by side where there is room."""
    return (
        '<div class="py-3 sm:grid sm:grid-cols-5 sm:gap-4"><dt class="text-sm sm:col-span-2 '
        f'{look.ground.muted}">{term}</dt>'
        f'<dd class="mt-0.5 text-base font-medium wrap-anywhere sm:col-span-3 sm:mt-0">{value}</dd></div>'
    )


def write_table(columns: list[dict[str, Any]], *, title: str, detail_step: int | None, look: Look) -> str:
    """Write a table of made-up rows, each of which leads to ``detail_step``. It scrolls on narrow screens."""
    cells = [make_cells(column, look.language) for column in columns]
    head = "".join(
        '<th scope="col" class="px-4 py-3 text-sm font-semibold '
        f'whitespace-nowrap">{escape(str(column.get("label", "")))}</th>'
        for column in columns
    )
    rows = "".join(
        _write_cells([column[row] for column in cells], columns, detail_step, look) for row in range(ROW_COUNT)
    )
    return (
        f'<div role="region" aria-label="{escape(title)}" tabindex="0" class="mt-6 overflow-x-auto rounded-lg border '
        f'{look.ground.line} {look.focus}">'
        f'<table class="w-full text-left text-base"><thead class="{look.ground.soft}"><tr>{head}</tr></thead>'
        f'<tbody class="divide-y {look.ground.divide}">{rows}</tbody></table></div>'
    )


def _write_cells(values: list[str], columns: list[dict[str, Any]], detail_step: int | None, look: Look) -> str:
    """Write one row."""
    shown = []
    linked = next((place for place, column in enumerate(columns) if column.get("name") != "status"), 0)
    for place, (value, column) in enumerate(zip(values, columns, strict=True)):
        text = escape(value)
        if column.get("name") == "status":
            text = _write_badge(value, look)
        elif place == linked and detail_step is not None:
            shape = f"inline-flex min-h-11 items-center font-semibold underline underline-offset-4 {look.focus}"
            text = f'<a href="#step-{detail_step}" class="{shape} {look.accent.words}">{text}</a>'
        shown.append(f'<td class="px-4 py-2 whitespace-nowrap">{text}</td>')
    return f"<tr>{''.join(shown)}</tr>"


def _write_badge(value: str, look: Look) -> str:
    """Write a status as a coloured badge; the words say it, the colour only helps."""
    colour = next((name for name, words in _BADGES.items() if value.lower() in words), "sky")
    classes = f"bg-{colour}-900 text-{colour}-100" if look.ground.is_dark else f"bg-{colour}-100 text-{colour}-900"
    return f'<span class="inline-block rounded-full px-3 py-1 text-sm font-medium {classes}">{escape(value)}</span>'


def write_stats(look: Look) -> str:
    """Write a dashboard's figures and the bars of a week."""
    cards = "".join(
        f'<div class="rounded-lg p-3 sm:p-4 {look.ground.soft}"><p class="text-sm '
        f'{look.ground.muted}">{look.language.pick(label)}</p>'
        f'<p class="mt-1 text-2xl font-bold sm:text-3xl">{value}</p></div>'
        for label, value in _STATS
    )
    days = look.language.pick(_BARS[1]).split()
    bars = "".join(
        f'<li class="flex flex-1 flex-col items-center gap-2"><span class="w-full max-w-10 rounded-t {height} '
        f'{look.accent.band}"></span>'
        f'<span class="text-sm {look.ground.muted}">{day}</span></li>'
        for height, day in zip(_BARS[0], days, strict=True)
    )
    week = look.language.pick(("This week", "За тиждень"))
    return (
        f'<div class="mt-6 grid grid-cols-3 gap-2 sm:gap-3">{cards}</div>'
        f'<h3 class="mt-6 text-sm font-semibold">{week}</h3><ul class="mt-3 flex items-end gap-2">{bars}</ul>'
    )


def write_record(columns: list[dict[str, Any]], look: Look) -> str:
    """Write the first of the made-up rows by itself."""
    pairs = "".join(
        _write_pair(
            escape(str(column.get("label", ""))),
            _write_badge(value, look) if column.get("name") == "status" else escape(value),
            look,
        )
        for column in columns
        for value in make_cells(column, look.language)[:1]
    )
    return f'<dl class="mt-6 divide-y rounded-lg border px-4 {look.ground.line} {look.ground.divide}">{pairs}</dl>'
