"""The demo engine's own sentences, in both languages."""

import re

from bot.demo.vocabulary import Language, Pair, Topic

ENGINE = "demo engine"
"""Says in a flow's metadata that rules made it, not a model."""

_NAMED_LABELS = 3

TOPIC_TITLES: dict[Topic, Pair] = {
    Topic.PERSON: ("Your details", "Ваші дані"),
    Topic.ADDRESS: ("Address", "Адреса"),
    Topic.ACCOUNT: ("Account", "Обліковий запис"),
    Topic.FAMILY: ("About the child", "Про дитину"),
    Topic.PET: ("About the pet", "Про тварину"),
    Topic.VEHICLE: ("Vehicle", "Автомобіль"),
    Topic.STAY: ("Trip", "Поїздка"),
    Topic.VISIT: ("Appointment", "Прийом"),
    Topic.WORK: ("Work", "Робота"),
    Topic.ORDER: ("Order", "Замовлення"),
    Topic.EVENT: ("Participation", "Участь"),
    Topic.FEEDBACK: ("Details", "Деталі"),
    Topic.FINANCE: ("Finances", "Фінанси"),
    Topic.OTHER: ("Details", "Деталі"),
    Topic.DOCUMENTS: ("Documents", "Документи"),
    Topic.PAYMENT: ("Payment", "Оплата"),
    Topic.CONSENT: ("Consent", "Згода"),
}

MORE_DETAILS: Pair = ("More details", "Ще кілька деталей")
UNTITLED: Pair = ("Online form", "Онлайн-форма")
START: Pair = ("Before you start", "Перш ніж почати")
CHECK: Pair = ("Check and send", "Перевірте й надішліть")
SIGNED_IN: Pair = ("You are signed in", "Ви увійшли")
SIGN_IN: Pair = ("Sign in", "Вхід")
WELCOME: Pair = (
    "Welcome back. Your latest requests and messages are waiting for you.",
    "З поверненням! Тут ваші останні заявки та повідомлення.",
)
DETAILS: Pair = ("Record details", "Картка запису")
DETAILS_MESSAGE: Pair = (
    "Everything about one row in one place, opened by a click in the list.",
    "Усе про один рядок списку: відкривається натисканням на нього.",
)
APPROVAL: Pair = ("Your request then goes for approval.", "Далі заявка піде на погодження.")
CONFIRM_BY: dict[str, Pair] = {
    "email": ("We will write to you by e-mail.", "Ми напишемо вам на електронну пошту."),
    "phone": ("We will call you back.", "Ми вам зателефонуємо."),
    "": ("You will see the answer here.", "Відповідь з'явиться тут."),
}


def join_words(words: list[str], language: Language) -> str:
    """Join labels into one phrase, without their units: ``a, b and c``."""
    *others, last = [_shorten(word) for word in words] or [""]
    if not others:
        return last
    link = language.pick((" and ", " та "))
    is_clear = all(link not in word for word in (*others, last))
    return f"{', '.join(others)}{link if is_clear else ', '}{last}"


def _shorten(label: str) -> str:
    """Drop a label's unit and lower its first letter, except of abbreviations ("IBAN", "VIN-код")."""
    word = label.partition(",")[0]
    is_abbreviation = len(word) > 1 and word[1].isupper()
    return word if is_abbreviation else word[:1].lower() + word[1:]


def describe(labels: list[str], language: Language) -> str:
    """Say in one line what people do in a flow with these fields."""
    named, rest = labels[:_NAMED_LABELS], len(labels) - _NAMED_LABELS
    shown = join_words(labels, language)
    if rest > 1:
        listed = ", ".join(_shorten(label) for label in named)
        shown = language.pick((f"{listed} and {rest} more details", f"{listed} та ще {rest}"))
    return language.pick((f"Fill in {shown}, then check and send.", f"Що вказати: {shown}. Перевірте й надішліть."))


def prepare(labels: list[str], minutes: int, language: Language, *, is_looked_up: bool) -> str:
    """Say how long the form takes, and what to have at hand or what it asks for.

    Labels are nominatives: the Ukrainian words before them govern no case.
    """
    shown = join_words(labels, language)
    ukrainian = ("Знадобляться" if len(labels) > 1 else "Знадобиться") if is_looked_up else "Що вказати"
    lead = ("Have at hand" if is_looked_up else "We will ask for", ukrainian)
    time = language.pick((f"It takes about {minutes} minutes.", f"Це займе близько {minutes} хв."))
    return f"{time} {language.pick(lead)}: {shown}."


def confirm(names: set[str], language: Language, *, is_approved: bool = False) -> str:
    """Say what to check, whether somebody approves it, and how the answer will come, by the fields there are."""
    channel = next((key for key in ("email", "phone") if key in names), "")
    first = language.pick(
        ("Check your answers and send them.", "Перевірте відповіді й надішліть їх."),
    )
    approval = f" {language.pick(APPROVAL)}" if is_approved else ""
    return f"{first}{approval} {language.pick(CONFIRM_BY[channel])}"


def overview(columns: list[str], language: Language) -> str:
    """Say what a table shows."""
    shown = join_words(columns, language)
    return language.pick(
        (
            f"The whole list at a glance: {shown}. Choose a row to see its details.",
            f"Увесь список одразу. Стовпці: {shown}. Оберіть рядок, щоб побачити подробиці.",
        ),
    )


_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh", "з": "z",
    "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p",
    "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ь": "", "ю": "iu", "я": "ia", "ё": "io", "ы": "y", "э": "e", "ъ": "",
}  # fmt: skip


def make_slug(text: str, *, limit_chars: int = 40, separator: str = "_") -> str:
    """Write ``text`` in lower-case ASCII words; empty when nothing of it can be.

    Ukrainian letters follow the state's table: https://zakon.rada.gov.ua/laws/show/55-2010-%D0%BF
    """
    spelled = re.sub(r"'s\b|['’ʼ]", "", text.lower())
    latin = "".join(_LATIN.get(char, char) for char in spelled)
    words = re.sub(r"[^a-z0-9]+", " ", latin).split()
    slug = separator.join(words)[:limit_chars].strip(separator)
    return f"f{separator}{slug}" if slug[:1].isdigit() else slug
