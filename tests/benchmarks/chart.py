"""Draws the figures of a run as bars, one panel a figure: SVG, with nothing but shapes and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 760
_PANEL: Final = 176
_COLUMNS: Final = 2
_LABEL: Final = 96
_BAR: Final = 20
_GAP: Final = 8
_COLORS: Final = ("#2563eb", "#7c3aed", "#0891b2", "#16a34a", "#d97706")


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A figure's title and its value for each contender."""

    title: str
    values: Mapping[str, float]


def draw_chart(panels: Sequence[Panel]) -> str:
    """Draw panels in two columns."""
    rows = -(-len(panels) // _COLUMNS)
    drawn = "\n".join(
        f'<g transform="translate({(place % _COLUMNS) * _WIDTH // _COLUMNS + 12}, {place // _COLUMNS * _PANEL + 24})">'
        f"{_draw_panel(panel)}</g>"
        for place, panel in enumerate(panels)
    )
    height = rows * _PANEL
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12"><title>What the bot costs beside others</title>\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>\n{drawn}\n</svg>\n'
    )


def _draw_panel(panel: Panel) -> str:
    longest = max(panel.values.values(), default=0) or 1
    room = _WIDTH // _COLUMNS - _LABEL - 90
    parts = [f'<text font-weight="600" fill="#111827">{escape(panel.title)}</text>']
    for place, (name, value) in enumerate(panel.values.items()):
        y = 14 + place * (_BAR + _GAP)
        length = max(1.0, room * value / longest)
        parts += [
            f'<text x="{_LABEL - 6}" y="{y + 14}" text-anchor="end" fill="#374151">{escape(name)}</text>',
            f'<rect x="{_LABEL}" y="{y}" width="{length:.1f}" height="{_BAR}" fill="{_COLORS[place % len(_COLORS)]}"/>',
            f'<text x="{_LABEL + length + 6:.1f}" y="{y + 14}" fill="#374151">{value:,.4g}</text>',
        ]
    return "".join(parts)
