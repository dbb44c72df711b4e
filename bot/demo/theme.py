"""The page's looks: an accent colour and a light or dark ground, as Tailwind classes."""

import re
from dataclasses import dataclass

from bot.demo.vocabulary import plain

_DARK = re.compile(r"\bdark\b(?= (?:theme|mode|style|background))|темн\w+ (?:тем|режим|фон|стил|дизайн)\w*")
_LIGHT = re.compile(r"\blight\b(?= (?:theme|mode|style|background))|світл\w+ (?:тем|режим|фон|стил|дизайн)\w*")
_COLOUR_CONTEXT = re.compile(
    r"\b(?:buttons?|theme|styled?|accent|design|header|colou?r(?:s|ed)?|tones?|look)\b|кноп|кольор|колір|тон(?:и|ах)|"
    r"тем[аиуі]\b|стил|дизайн|шапк",
)
_COLOURS = (
    ("emerald", r"green|emerald|зелен"),
    ("rose", r"red|pink|червон|рожев"),
    ("amber", r"orange|yellow|amber|помаранч|оранж|жовт"),
    ("violet", r"purple|violet|фіолет|пурпур|бузков"),
    ("slate", r"black|gr[ae]y|чорн|сір(?:і|о|и|у|а)"),
    ("sky", r"light blue|sky|cyan|блакит|голуб"),
    ("blue", r"blue|navy|син(?:і|я|ь|ю|є)"),
)
COLOUR_WORDS = "|".join(words for _, words in _COLOURS)
"""A pattern for every colour that can be asked for."""

DEFAULT_ACCENT = "indigo"
ACCENTS = (DEFAULT_ACCENT, *(name for name, _ in _COLOURS))
_SHOWN = re.compile(r"\bbg-(\w+)-700 hover:bg-\1-800\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """Classes of everything but the accent; each text colour has AA contrast on its ground."""

    page: str
    card: str
    line: str
    muted: str
    field: str
    choice: str
    drop: str
    soft: str
    divide: str
    error: str
    is_dark: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Accent:
    """Classes of one accent colour: for the band and the buttons, for words, marks and rings."""

    band: str
    band_text: str
    button: str
    words: str
    mark: str
    ring: str
    chosen: str
    control: str


LIGHT = Ground(
    page="bg-slate-50 text-slate-900",
    card="bg-white border-slate-200",
    line="border-slate-200",
    muted="text-slate-600",
    field="border-slate-400 bg-white text-slate-900 placeholder:text-slate-500",
    choice="border-slate-400 hover:bg-slate-100",
    drop="border-slate-300 bg-slate-50",
    soft="bg-slate-100",
    divide="divide-slate-200",
    error="text-red-700",
)
DARK = Ground(
    page="bg-slate-950 text-slate-100 scheme-dark",
    card="bg-slate-900 border-slate-700",
    line="border-slate-700",
    muted="text-slate-300",
    field="border-slate-500 bg-slate-800 text-slate-100 placeholder:text-slate-400",
    choice="border-slate-500 hover:bg-slate-800",
    drop="border-slate-600 bg-slate-800",
    soft="bg-slate-800",
    divide="divide-slate-700",
    error="text-red-300",
    is_dark=True,
)


def make_accent(colour: str, ground: Ground) -> Accent:
    """Name the classes of ``colour`` on ``ground``; shades 700 and darker carry white text with AA contrast."""
    dark = ground.is_dark
    return Accent(
        band=f"bg-{colour}-800",
        band_text=f"text-{colour}-100",
        button=f"bg-{colour}-700 hover:bg-{colour}-800 text-white",
        words=f"text-{colour}-300" if dark else f"text-{colour}-700",
        mark=f"bg-{colour}-900 text-{colour}-100" if dark else f"bg-{colour}-100 text-{colour}-900",
        ring=f"outline-{colour}-400" if dark else f"outline-{colour}-600",
        chosen=f"has-checked:border-{colour}-600 has-checked:bg-{colour}-{'950' if dark else '50'}",
        control=f"accent-{colour}-700",
    )


def read_look(text: str) -> dict[str, str]:
    """Read the looks that ``text`` asks for: ``accent`` and ``ground``, each only where it is asked for."""
    lowered = plain(text)
    look: dict[str, str] = {}
    for sentence in re.split(r"[.!?\n;]", lowered):
        found = next((pair for pair in _COLOURS if re.search(rf"(?<!\w)(?:{pair[1]})", sentence)), None)
        if found and (_COLOUR_CONTEXT.search(sentence) or re.search(rf"\b(?:in|у|в) (?:{found[1]})", sentence)):
            look["accent"] = found[0]
    if _DARK.search(lowered):
        look["ground"] = "dark"
    elif _LIGHT.search(lowered):
        look["ground"] = "light"
    return look


def pick_look(prompt: str, metadata: object) -> tuple[Ground, Accent]:
    """Pick the looks: what the prompt asks for, else what the flow kept from before."""
    kept = metadata if isinstance(metadata, dict) else {}
    look = {**{key: str(value) for key, value in kept.items()}, **read_look(prompt)}
    ground = DARK if look.get("ground") == "dark" else LIGHT
    accent = look.get("accent", DEFAULT_ACCENT)
    return ground, make_accent(accent if accent in ACCENTS else DEFAULT_ACCENT, ground)


def recognise_look(page: str) -> dict[str, str]:
    """Read the looks of a page that the engine wrote; nothing of any other text."""
    shown = _SHOWN.search(page)
    if shown is None:
        return {}
    return {"accent": shown.group(1), "ground": "dark" if DARK.page in page else "light"}
