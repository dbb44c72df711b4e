"""Made-up values that fill tables and summaries, so that a prototype looks alive."""

from typing import Any

from bot.demo.field_rules import concept_of
from bot.demo.vocabulary import Language, Pair

ROW_COUNT = 5

_VALUES: dict[str, Pair] = {
    "person": (
        "Anna Kovalenko/Oleh Bondar/Iryna Shevchenko/Maksym Tkachuk/Sofia Melnyk",
        "Анна Коваленко/Олег Бондар/Ірина Шевченко/Максим Ткачук/Софія Мельник",
    ),
    "status": ("New/In progress/Done/In progress/Done", "Новий/У роботі/Виконано/У роботі/Виконано"),
    "title": (
        "Spring fair/City walk/Open lecture/Book evening/Food market",
        "Весняний ярмарок/Прогулянка містом/Відкрита лекція/Книжковий вечір/Ярмарок їжі",
    ),
    "product": (
        "Desk lamp/Office chair/Notebook/Keyboard/Monitor",
        "Настільна лампа/Офісне крісло/Блокнот/Клавіатура/Монітор",
    ),
    "position": (
        "Analyst/Designer/Developer/Accountant/Manager",
        "Аналітик/Дизайнерка/Розробниця/Бухгалтер/Менеджерка",
    ),
    "email": ("anna/oleh/iryna/maksym/sofia", "anna/oleh/iryna/maksym/sofia"),
    "phone": ("+380 67 123 45 67/+380 50 234 56 78/+380 63 345 67 89/+380 97 456 78 90/+380 66 567 89 01",) * 2,
    "date": ("12.05.2026/14.05.2026/15.05.2026/18.05.2026/21.05.2026",) * 2,
    "time": ("09:00/10:30/12:00/14:15/16:45",) * 2,
    "datetime-local": (
        "12.05.2026, 09:00/14.05.2026, 10:30/15.05.2026, 12:00/18.05.2026, 14:15/21.05.2026, 16:45",
    )
    * 2,
    "amount": ("1,250/480/3,900/760/2,140", "1 250/480/3 900/760/2 140"),
    "number": ("4/12/7/2/25",) * 2,
    "code": ("10427/10428/10429/10430/10431",) * 2,
}  # fmt: skip
_ANSWERS: dict[str, Pair] = {
    "checkbox": ("Yes", "Так"),
    "password": ("••••••••",) * 2,
    "date": ("12.05.2026",) * 2,
    "time": ("10:30",) * 2,
    "datetime-local": ("12.05.2026, 10:30",) * 2,
}
_PEOPLE_KEYS = frozenset(
    {"name", "full_name", "surname", "employee", "manager", "contact_person", "doctor", "specialist"}
)
_PEOPLE_WORDS = (
    "customer",
    "client",
    "user",
    "student",
    "owner",
    "клієнт",
    "користувач",
    "студент",
    "замовник",
    "учен",
)
_CODE_WORDS = ("number", "id", "№", "номер", "код")


def make_cells(column: dict[str, Any], language: Language) -> list[str]:
    """Make the column's values, one a row."""
    kind = _find_kind(column)
    if kind == "email":
        return [f"{name}@example.com" for name in _VALUES["email"][0].split("/")]
    if kind in _VALUES:
        return language.pick(_VALUES[kind]).split("/")
    choices = _choices(column, language)
    if choices:
        return [choices[row % len(choices)] for row in range(ROW_COUNT)]
    return [f"{column.get('label', '')} {row}" for row in range(1, ROW_COUNT + 1)]


def _choices(column: dict[str, Any], language: Language) -> list[str]:
    """Give the concept's options, or its example, for a column."""
    concept = concept_of(str(column.get("name", "")))
    if concept is None:
        return []
    return list(concept.choices(language)) or [concept.example(language) or "—"]


def _find_kind(column: dict[str, Any]) -> str:
    """Find which of the made-up values fit a column: by its concept, its words, its type."""
    name, kind = str(column.get("name", "")), str(column.get("type", ""))
    words = f"{column.get('label', '')}".lower()
    if name in _PEOPLE_KEYS or any(word in words for word in _PEOPLE_WORDS):
        return "person"
    if name == "order_number" or (kind == "text" and any(word in words.split() for word in _CODE_WORDS)):
        return "code"
    if name in {"status", "title", "product", "position", "phone", "amount"}:
        return name
    if name == "topic":
        return "title"
    return {"tel": "phone"}.get(kind, kind)


def answer_of(entry: dict[str, Any], language: Language) -> str:
    """Make up what somebody might have answered, for the summary."""
    options = entry.get("metadata", {}).get("options") if isinstance(entry.get("metadata"), dict) else None
    if isinstance(options, list) and options:
        return str(options[0])
    kind = entry.get("type")
    if kind == "file":
        is_photo = entry.get("name") == "photo"
        return language.pick(("photo.jpg", "фото.jpg") if is_photo else ("document.pdf", "документ.pdf"))
    return language.pick(_ANSWERS.get(str(kind), (str(entry.get("placeholder") or "—"),) * 2))
