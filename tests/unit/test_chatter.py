"""Thanks, and changes that do not say of what, told from requests."""

import pytest

from bot.core.chatter import is_courtesy, reads_like_change

CHANGES = [
    "make the button green", "add a field for phone", "add phone field", "rename Name to Full name", "change colour",
    "make it shorter", "Please remove the second step", "now translate it into Ukrainian", "Hide the title",
    "зроби кнопку зеленою", "додай поле телефон", "перейменуй крок", "зроби її темною",
    "будь ласка, прибери третій крок",
    "Тепер зміни заголовок", "переклади англійською",
]  # fmt: skip
REQUESTS = [
    "Make a registration form for a gym", "Registration for a parking permit: name", "A feedback form: rating, comment",
    "Create an app to track books", "Додай форму реєстрації на курси", "Зроби застосунок для обліку книжок",
    "Заміна водійського посвідчення: ПІБ", "Зміна місця проживання: адреса, дата",
    "Переклад документів: замовлення, мова", "Виправлення помилки в реєстрі: ПІБ",
    "Видалення облікового запису: причина",
    "Changing rooms booking: date, time", "prototype what we discussed",
]  # fmt: skip
COURTESIES = ["thanks!", "Thank you so much", "дякую", "супер, дякую!", "👍", "ok", "Ок", "Дуже дякую вам!"]
NO_COURTESIES = [
    "great, now add a phone",
    "",
    "   ",
    "it",
    "дякую, але зміни колір",
    "ok make it green",
    "thank you page",
]


@pytest.mark.parametrize("text", CHANGES)
def test_a_change_is_recognised(text: str) -> None:
    """It begins with what to do to something that is there."""
    assert reads_like_change(text)


@pytest.mark.parametrize("text", [*REQUESTS, *(f"{text} {'very ' * 30}long" for text in CHANGES[:2])])
def test_a_request_is_none(text: str) -> None:
    """It describes something new, or says far too much for a change."""
    assert not reads_like_change(text)


@pytest.mark.parametrize("text", COURTESIES)
def test_thanks_are_recognised(text: str) -> None:
    """They want no answer."""
    assert is_courtesy(text)


@pytest.mark.parametrize("text", NO_COURTESIES)
def test_what_says_more_is_no_courtesy(text: str) -> None:
    """Thanks with a wish are a wish."""
    assert not is_courtesy(text)
