"""The bot's own words in both languages; a missing one does not type-check.

Values put into these texts are escaped by whoever builds the message. Words of people and models never pass
through ``str.format`` as a template.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

_CYRILLIC_WORD = re.compile("[а-яіїєґё'’ʼ]*[а-яіїєґё][а-яіїєґё'’ʼ]*", re.IGNORECASE)
_LATIN_WORD = re.compile("[a-z']*[a-z][a-z']*", re.IGNORECASE)
_LONGEST_IN_SECONDS: Final = 120
_LONGEST_IN_MINUTES_S: Final = 2 * 3600
_RUSSIAN_ONLY = re.compile("[ыэъё]", re.IGNORECASE)


class Language(StrEnum):
    """The languages of the bot's own words."""

    ENGLISH = "en"
    UKRAINIAN = "uk"


def detect_language(prompt: str, *, default: Language) -> Language:
    """Choose the language of the bot's words by which script has more of the prompt's words.

    Ukrainian takes a tie: its requests name products in Latin letters more often than the other way round.
    """
    cyrillic, latin = len(_CYRILLIC_WORD.findall(prompt)), len(_LATIN_WORD.findall(prompt))
    if cyrillic == latin == 0 or (cyrillic >= latin and _RUSSIAN_ONLY.search(prompt)):
        return default
    return Language.UKRAINIAN if cyrillic >= latin else Language.ENGLISH


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Every text of one language; names in braces are filled in with :meth:`str.format`."""

    choose_form: Callable[[int], int]
    decimal_mark: str
    wait_units: tuple[str, str, str]
    asked_for: str
    ordinals: tuple[str, ...]
    ordinal: str
    in_line: str
    behind_thread: str
    making_flow: str
    making_page: str
    done: str
    stopped: str
    steps_more: tuple[str, ...]
    fields_more: tuple[str, ...]
    required: str
    optional: str
    step_types: Mapping[str, str]
    field_types: Mapping[str, str]
    files_ready: str
    page_whole: str
    fields_found: str
    fields_missing: str
    titles_missing: str
    without_styles: str
    how_to_open: str
    ai_note: str
    unused_files: str
    reference: str
    moved_to_dm: str
    thread_gone: str
    sent_here: str
    too_big_here: str
    page_here: str
    try_again: str
    make_it_now: str
    retrying: str
    nothing_to_retry: str
    still_running: str
    help_intro: str
    help_ways: tuple[str, ...]
    help_examples_title: str
    help_examples: tuple[str, ...]
    help_note: str
    greeting: str
    home_title: str
    errors: Mapping[str, str]


def _choose_english_form(n: int) -> int:
    """Choose the plural form by the rule of Unicode CLDR: one, other."""
    return 0 if n == 1 else 1


def _choose_ukrainian_form(n: int) -> int:
    """Choose the plural form by the rule of Unicode CLDR: one, few, many."""
    if n % 10 == 1 and n % 100 != 11:  # noqa: PLR2004 - the rule's own numbers
        return 0
    return 1 if 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14 else 2  # noqa: PLR2004 - as above


_ENGLISH: Final = Texts(
    choose_form=_choose_english_form,
    decimal_mark=".",
    wait_units=("s", "min", "h"),
    asked_for="{user} asked for a prototype:",
    ordinals=("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    ordinal="number {n}",
    in_line="🕒 You are {place} in line. I begin by myself when it is your turn.",
    behind_thread="🕒 I begin by myself when the request before this one in the thread is done.",
    making_flow="⏳ Working out the user flow…",
    making_page="⏳ The user flow is ready. Drawing the page…",
    done="✅ Ready in {total} s (user flow {flow} s, page {page} s)",
    stopped="⚠️ Stopped: see the message in this thread.",
    steps_more=("…and {n} more step in flow.json", "…and {n} more steps in flow.json"),
    fields_more=("…and {n} more field in flow.json", "…and {n} more fields in flow.json"),
    required="required",
    optional="optional",
    step_types={"form": "form", "confirmation": "confirmation", "info": "information"},
    field_types={
        "text": "text", "textarea": "long text", "email": "e-mail", "tel": "phone", "number": "number",
        "date": "date", "time": "time", "datetime-local": "date and time", "url": "link",
        "password": "password", "select": "choice", "radio": "choice", "checkbox": "check box", "file": "file",
    },
    files_ready="The prototype is ready: {name}",
    page_whole="The page has all {n} of {n} fields.",
    fields_found="The page has {found} of {total} fields.",
    fields_missing="Missing: {names}",
    titles_missing="Steps without their title: {names}",
    without_styles="The page's styles could not be compiled, so it looks plain.",
    how_to_open="Download `prototype.html` and open it in a browser; `flow.json` has the whole flow.",
    ai_note="AI-generated: check it before you build on it.",
    unused_files="Attachments were not read: {names}",
    reference="Reference: {reference}",
    moved_to_dm="I may not post in this channel, so the result comes in our direct messages. "
    "To have it here next time, invite me with /invite.",
    thread_gone="The message that this hung under was deleted, so the result comes in our direct messages.",
    sent_here="I may write neither in this channel nor to you directly, so the result comes here; only you see it.",
    page_here="Save this as prototype.html and open it in a browser:",
    too_big_here="The page does not fit into a message. To get it as a file, invite me with /invite and ask again.",
    try_again="Try again",
    make_it_now="Make it now",
    retrying="🔁 Tried again.",
    nothing_to_retry="That request is no longer kept. Please send it anew.",
    still_running="One moment: that request has not quite ended. Please click again in a few seconds.",
    help_intro="Describe an app or a public service, and I answer in a thread with a user flow and a UI prototype.",
    help_ways=(
        "/generate followed by your description, in any channel",
        "mention me with your description, in a channel or a thread",
        "write to me here, in a direct message",
    ),
    help_examples_title="For example",
    help_examples=(
        "Registration for a parking permit: name, car plate, e-mail",
        "Booking a doctor's appointment: specialist, date and time, phone, consent to process personal data",
        "A feedback form for a library: rating, what you borrowed, comment",
    ),
    help_note="Name the fields you need; {min} to {max} characters. English and Ukrainian both work.",
    greeting="👋 Hello!",
    home_title="UI prototypes from a sentence",
    errors={
        "unexpected": "Something broke on my side. Please try again; if it happens again, tell an administrator.",
        "settings": "I am not set up correctly. Please tell an administrator.",
        "store": "I can't take requests right now. Please try again in a minute.",
        "prompt": "I can't use this request. Please put it differently.",
        "prompt_empty": "Tell me what to make, for example: Registration for a parking permit: name, car plate, e-mail",
        "prompt_too_short": "That is too short for me: please describe the app in at least {limit} characters.",
        "prompt_too_long": "That is too long for me: please keep it within {limit} characters.",
        "prompt_suspicious": "This looks like database or script code rather than a description. "
        "Please say in words what the app should do.",
        "codemie": "CodeMie did not answer. Please try again later.",
        "codemie_unavailable": "CodeMie can't be reached right now, though I tried several times. "
        "Please try again in a few minutes.",
        "codemie_timeout": "CodeMie took too long to answer. Please try again, perhaps with a shorter description.",
        "codemie_rate_limited": "CodeMie is busy right now. Please try again in a few minutes.",
        "codemie_down": "CodeMie is down for everyone right now, so I did not keep you waiting. I notice when it is "
        "back; please try again in a few minutes.",
        "codemie_login_failed": "I could not sign in to CodeMie. Please tell an administrator.",
        "codemie_access_denied": "My account may not use the CodeMie assistant. Please tell an administrator.",
        "codemie_not_found": "The CodeMie assistant was not found. Please tell an administrator.",
        "codemie_rejected": "CodeMie did not accept the request. Please put it differently, or tell an administrator.",
        "codemie_bad_gateway": "Something other than CodeMie answered at its address. Please tell an administrator.",
        "codemie_failed_answer": "CodeMie started to answer but could not finish. Please try again, perhaps with a "
        "shorter description.",
        "artifact": "CodeMie's answer was not usable. Please try again, perhaps in other words.",
        "artifact_flow": "CodeMie's answer was not a user flow, even when asked twice. "
        "Please try again, perhaps in other words.",
        "artifact_page": "CodeMie's answer was not a page, even when asked twice. "
        "Please try again, perhaps in other words.",
        "artifact_cut": "CodeMie's answer was cut off, even when asked for a shorter one. "
        "Please describe a smaller app.",
        "artifact_empty": "CodeMie's answer was empty. Please try again.",
        "limit": "That is more than you may ask for right now. Please try again in {wait}.",
        "limit_rate": "One moment: those are more requests at a time than you may make (limit: {limit}). "
        "Please try again in {wait}.",
        "limit_daily": "Too little is left of today's budget of {limit} CodeMie calls. It begins anew in {wait}, "
        "at midnight UTC.",
        "job": "I could not go on with this request. Please try again.",
        "job_outdated": "You asked for this a while ago, and I have been restarted since. Do you still need it?",
        "job_crashed": "Working on this request stopped me three times, so I don't try it again. "
        "Please put it differently, or tell an administrator.",
        "slack": "Slack did not take my message. Please try again.",
        "slack_unavailable": "Slack could not be reached. Please try again in a minute.",
        "slack_uncertain": "Slack did not confirm my message, and I may not read here whether it arrived, so I don't "
        "send it twice. If it is missing, please try again.",
        "slack_cannot_post": "I may not post in this channel. Invite me with /invite, or write to me directly.",
    },
)  # fmt: skip

_UKRAINIAN: Final = Texts(
    choose_form=_choose_ukrainian_form,
    decimal_mark=",",
    wait_units=("с", "хв", "год"),
    asked_for="{user} просить прототип:",
    ordinals=(
        "перший", "другий", "третій", "четвертий", "п'ятий", "шостий", "сьомий", "восьмий", "дев'ятий", "десятий",
    ),
    ordinal="{n}-й",
    in_line="🕒 Ваш запит {place} у черзі. Почну сам, щойно дійде до нього.",
    behind_thread="🕒 Почну сам, щойно буде готовий попередній запит у цій гілці.",
    making_flow="⏳ Продумую шлях користувача…",
    making_page="⏳ Шлях користувача готовий. Малюю сторінку…",
    done="✅ Готово за {total} с (шлях користувача {flow} с, сторінка {page} с)",
    stopped="⚠️ Зупинено: дивіться повідомлення в цій гілці.",
    steps_more=("…і ще {n} крок у flow.json", "…і ще {n} кроки у flow.json", "…і ще {n} кроків у flow.json"),
    fields_more=("…і ще {n} поле у flow.json", "…і ще {n} поля у flow.json", "…і ще {n} полів у flow.json"),
    required="обов'язково",
    optional="за бажанням",
    step_types={"form": "форма", "confirmation": "підтвердження", "info": "інформація"},
    field_types={
        "text": "текст", "textarea": "довгий текст", "email": "e-mail", "tel": "телефон", "number": "число",
        "date": "дата", "time": "час", "datetime-local": "дата й час", "url": "посилання",
        "password": "пароль", "select": "вибір", "radio": "вибір", "checkbox": "прапорець", "file": "файл",
    },
    files_ready="Прототип готовий: {name}",
    page_whole="На сторінці всі поля: {n} з {n}.",
    fields_found="На сторінці полів: {found} з {total}.",
    fields_missing="Бракує: {names}",
    titles_missing="Кроки без заголовка: {names}",
    without_styles="Стилі сторінки не вдалося скласти, тому вона виглядає просто.",
    how_to_open="Завантажте `prototype.html` і відкрийте у браузері; у `flow.json` увесь шлях користувача.",
    ai_note="Створено ШІ: перевірте, перш ніж спиратися на це.",
    unused_files="Вкладення не прочитано: {names}",
    reference="Номер звернення: {reference}",
    moved_to_dm="Мені не можна писати в цей канал, тому результат буде в наших особистих повідомленнях. "
    "Щоб наступного разу він був тут, запросіть мене через /invite.",
    thread_gone="Повідомлення, під яким це було, видалено, тому результат буде в наших особистих повідомленнях.",
    sent_here="Мені не можна писати ні в цей канал, ні вам особисто, тому результат буде тут; бачите його лише ви.",
    page_here="Збережіть це як prototype.html і відкрийте у браузері:",
    too_big_here="Сторінка не вміщується в повідомлення. Щоб отримати її файлом, запросіть мене через /invite "
    "і попросіть знову.",
    try_again="Спробувати ще раз",
    make_it_now="Зробити зараз",
    retrying="🔁 Спробували ще раз.",
    nothing_to_retry="Цей запит уже не зберігається. Надішліть його, будь ласка, знову.",
    still_running="Хвилинку: цей запит ще не завершився. Натисніть ще раз за кілька секунд.",
    help_intro="Опишіть застосунок або державну послугу, і я відповім у гілці шляхом користувача та прототипом "
    "інтерфейсу.",
    help_ways=(
        "/generate і ваш опис — у будь-якому каналі",
        "згадайте мене разом з описом — у каналі чи в гілці",
        "напишіть мені сюди, в особисті повідомлення",
    ),
    help_examples_title="Наприклад",
    help_examples=(
        "Реєстрація на паркувальний дозвіл: ім'я, номер авто, e-mail",
        "Запис до лікаря: спеціаліст, дата й час, телефон, згода на обробку персональних даних",
        "Відгук про бібліотеку: оцінка, яку книжку брали, коментар",
    ),
    help_note="Назвіть потрібні поля; від {min} до {max} символів. Розумію українську й англійську.",
    greeting="👋 Вітаю!",
    home_title="Прототипи інтерфейсу з одного речення",
    errors={
        "unexpected": "Щось зламалося на моєму боці. Спробуйте ще раз; якщо повториться — скажіть адміністратору.",
        "settings": "Мене неправильно налаштовано. Скажіть, будь ласка, адміністратору.",
        "store": "Зараз не можу приймати запити. Спробуйте, будь ласка, за хвилину.",
        "prompt": "Не можу скористатися цим запитом. Сформулюйте його, будь ласка, інакше.",
        "prompt_empty": "Скажіть, що зробити, наприклад: Реєстрація на паркувальний дозвіл: ім'я, номер авто, e-mail",
        "prompt_too_short": "Це занадто коротко: опишіть застосунок хоча б у {limit} символах.",
        "prompt_too_long": "Це занадто довго: вкладіться, будь ласка, у {limit} символів.",
        "prompt_suspicious": "Це схоже на код бази даних або скрипт, а не на опис. "
        "Скажіть, будь ласка, словами, що має робити застосунок.",
        "codemie": "CodeMie не відповідає. Спробуйте, будь ласка, пізніше.",
        "codemie_unavailable": "CodeMie зараз недоступний, хоч я пробував кілька разів. "
        "Спробуйте ще раз за кілька хвилин.",
        "codemie_timeout": "CodeMie відповідає задовго. Спробуйте ще раз, можливо, з коротшим описом.",
        "codemie_rate_limited": "CodeMie зараз перевантажений. Спробуйте ще раз за кілька хвилин.",
        "codemie_down": "CodeMie зараз не працює ні для кого, тому не змушую вас чекати. Я помічу, коли він "
        "повернеться; спробуйте ще раз за кілька хвилин.",
        "codemie_login_failed": "Не вдалося увійти в CodeMie. Скажіть, будь ласка, адміністратору.",
        "codemie_access_denied": "Моєму обліковому запису не дозволено цього асистента CodeMie. "
        "Скажіть адміністратору.",
        "codemie_not_found": "Асистента CodeMie не знайдено. Скажіть, будь ласка, адміністратору.",
        "codemie_rejected": "CodeMie не прийняв запит. Сформулюйте його інакше або скажіть адміністратору.",
        "codemie_bad_gateway": "За адресою CodeMie відповів хтось інший. Скажіть, будь ласка, адміністратору.",
        "codemie_failed_answer": "CodeMie почав відповідати, але не зміг завершити. Спробуйте ще раз, можливо, з "
        "коротшим описом.",
        "artifact": "Відповідь CodeMie непридатна. Спробуйте ще раз, можливо, іншими словами.",
        "artifact_flow": "CodeMie двічі відповів не шляхом користувача. Спробуйте ще раз, можливо, іншими словами.",
        "artifact_page": "CodeMie двічі відповів не сторінкою. Спробуйте ще раз, можливо, іншими словами.",
        "artifact_cut": "Відповідь CodeMie обірвалася, навіть коротша. Опишіть, будь ласка, менший застосунок.",
        "artifact_empty": "Відповідь CodeMie порожня. Спробуйте ще раз.",
        "limit": "Зараз це більше, ніж можна. Спробуйте ще раз за {wait}.",
        "limit_rate": "Хвилинку: це більше запитів поспіль, ніж можна (ліміт: {limit}). Спробуйте ще раз за {wait}.",
        "limit_daily": "Денного бюджету викликів CodeMie ({limit}) вже не вистачає. Новий почнеться за {wait}, "
        "опівночі за UTC.",
        "job": "Не вдалося продовжити цей запит. Спробуйте ще раз.",
        "job_outdated": "Ви просили це давненько, і відтоді мене перезапускали. Це ще потрібно?",
        "job_crashed": "Робота над цим запитом тричі зупиняла мене, тому більше не пробую. "
        "Сформулюйте його інакше або скажіть адміністратору.",
        "slack": "Slack не прийняв моє повідомлення. Спробуйте ще раз.",
        "slack_unavailable": "Slack недоступний. Спробуйте, будь ласка, за хвилину.",
        "slack_uncertain": "Slack не підтвердив моє повідомлення, а перевірити тут, чи воно дійшло, мені не можна, "
        "тому вдруге не надсилаю. Якщо його немає, спробуйте ще раз.",
        "slack_cannot_post": "Мені не можна писати в цей канал. Запросіть мене через /invite або напишіть особисто.",
    },
)  # fmt: skip

_CATALOGUE: Final[Mapping[Language, Texts]] = {Language.ENGLISH: _ENGLISH, Language.UKRAINIAN: _UKRAINIAN}


def speak(language: Language) -> Texts:
    """Return the texts of a language."""
    return _CATALOGUE[language]


def count_more(language: Language, what: Literal["steps", "fields"], n: int) -> str:
    """Say how many more there are than shown."""
    texts = speak(language)
    forms = texts.steps_more if what == "steps" else texts.fields_more
    return forms[texts.choose_form(n)].format(n=n)


def write_place(language: Language, n: int) -> str:
    """Write a place in line, counted from 1."""
    texts = speak(language)
    return texts.ordinals[n - 1] if n <= len(texts.ordinals) else texts.ordinal.format(n=n)


def write_wait(language: Language, wait_s: float) -> str:
    """Write how long to wait, rounded up to whole seconds, minutes or hours."""
    seconds, minutes, hours = speak(language).wait_units
    if wait_s <= _LONGEST_IN_SECONDS:
        return f"{max(1, math.ceil(wait_s))} {seconds}"
    if wait_s <= _LONGEST_IN_MINUTES_S:
        return f"{math.ceil(wait_s / 60)} {minutes}"
    return f"{math.ceil(wait_s / 3600)} {hours}"


def explain_error(language: Language, code: str, *, limit: int | None = None, wait_s: float = 0) -> str:
    """Return what people are told about an error of the tree, by its ``code``."""
    errors = speak(language).errors
    return errors.get(code, errors["unexpected"]).format(limit=limit, wait=write_wait(language, wait_s))
