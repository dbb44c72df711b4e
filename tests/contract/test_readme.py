"""What the README says of the settings is what the settings are."""

import re
from pathlib import Path

from pydantic import HttpUrl

from bot.settings import Settings

_ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\|", re.MULTILINE)


def _show_default(value: object) -> str:
    if value is None or "PydanticUndefined" in repr(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if not isinstance(value, HttpUrl) else value.unicode_string()


def test_settings_table_matches_settings() -> None:
    """Every setting is in the README's table with its default, and the table names no other."""
    table = dict(_ROW.findall((_ROOT / "README.md").read_text()))
    settings = {name.upper(): _show_default(field.default) for name, field in Settings.model_fields.items()}

    assert table == settings


def test_the_example_names_settings_only() -> None:
    """Whoever fills in .env.example fills in settings that exist, and those that are needed are there."""
    named = set(re.findall(r"^([A-Z_]+)=", (_ROOT / ".env.example").read_text(), re.MULTILINE))
    needed = {name.upper() for name, field in Settings.model_fields.items() if field.is_required()}

    assert needed <= named <= {name.upper() for name in Settings.model_fields}
