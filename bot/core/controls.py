"""The buttons of the bot; a button's value is the id of a job or of what it asks about, never more.

https://docs.slack.dev/reference/block-kit/blocks/context-actions-block/
"""

from typing import Final

from bot.core.block_kit import Block
from bot.core.texts import Language, speak

CANCEL_ACTION: Final = "cancel"
RETRY_ACTION: Final = "retry"
REGENERATE_ACTION: Final = "regenerate"
REFINE_ACTION: Final = "refine"
PREVIEW_ACTION: Final = "open_preview"
DELETE_ACTION: Final = "delete"
FEEDBACK_ACTION: Final = "feedback"
GOOD_ACTION: Final = "feedback_good"
BAD_ACTION: Final = "feedback_bad"
REFINE_LAST_ACTION: Final = "refine_last"
START_NEW_ACTION: Final = "start_new"
NEW_ACTION: Final = "new_prototype"
PAUSE_ACTION: Final = "pause"
RESUME_ACTION: Final = "resume"
GOOD: Final = "good"
BAD: Final = "bad"


def build_cancel(job_id: str, *, language: Language) -> Block:
    """Build the row that ends a job while it runs."""
    return row(button(CANCEL_ACTION, speak(language).cancel, job_id))


def build_retry(job_id: str, *, text: str) -> Block:
    """Build the row that tries a failed job again."""
    return row(button(RETRY_ACTION, text, job_id))


def build_choice(key: str, *, language: Language) -> Block:
    """Build the row that asks whether a message changes the last result or asks for something new."""
    texts = speak(language)
    return row(
        button(REFINE_LAST_ACTION, texts.refine_last, key),
        button(START_NEW_ACTION, texts.start_new, key),
    )


def build_new(*, language: Language) -> Block:
    """Build the row that opens the modal."""
    return row({**button(NEW_ACTION, speak(language).new_prototype, NEW_ACTION), "style": "primary"})


def build_pause(*, language: Language) -> Block:
    """Build the row that has the bot take nothing new."""
    texts = speak(language)
    confirm = _confirm(texts.pause_title, texts.pause_question, yes=texts.pause, no=texts.cancel)
    return row({**button(PAUSE_ACTION, texts.pause, PAUSE_ACTION), "style": "danger", "confirm": confirm})


def build_resume(*, language: Language) -> Block:
    """Build the row that has it take requests again."""
    texts = speak(language)
    confirm = _confirm(texts.resume_title, texts.resume_question, yes=texts.resume, no=texts.cancel)
    return row({**button(RESUME_ACTION, texts.resume, RESUME_ACTION), "style": "primary", "confirm": confirm})


def build_result_rows(job_id: str, *, language: Language, preview_url: str | None, is_plain: bool) -> list[Block]:
    """Build the rows under a result; ``is_plain`` where Slack does not take its newer blocks."""
    texts = speak(language)
    main = [
        *([_link_preview(preview_url, language)] if preview_url else []),
        button(REFINE_ACTION, texts.refine, job_id),
        button(REGENERATE_ACTION, texts.regenerate, job_id),
    ]
    if is_plain:
        opinions = [button(GOOD_ACTION, "👍", job_id), button(BAD_ACTION, "👎", job_id)]
        return [row(*main, *opinions, _build_delete(job_id, language=language))]
    return [row(*main, _build_delete(job_id, language=language)), _build_feedback(job_id, language=language)]


def build_preview(url: str, *, language: Language) -> Block:
    """Build the row that opens the live preview."""
    return row(_link_preview(url, language))


def _link_preview(url: str, language: Language) -> Block:
    return {**button(PREVIEW_ACTION, speak(language).open_preview, PREVIEW_ACTION), "url": url, "style": "primary"}


def _build_delete(job_id: str, *, language: Language) -> Block:
    texts = speak(language)
    confirm = _confirm(texts.delete_title, texts.delete_question, yes=texts.delete, no=texts.keep)
    return {**button(DELETE_ACTION, texts.delete, job_id), "style": "danger", "confirm": {**confirm, "style": "danger"}}


def _confirm(title: str, question: str, *, yes: str, no: str) -> Block:
    """Build a dialog: https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object/ ."""
    return {"title": _plain(title), "text": _plain(question), "confirm": _plain(yes), "deny": _plain(no)}


def _build_feedback(job_id: str, *, language: Language) -> Block:
    texts = speak(language)
    buttons = {
        "type": "feedback_buttons",
        "action_id": FEEDBACK_ACTION,
        "positive_button": {
            "text": _plain(texts.good),
            "accessibility_label": texts.good_label,
            "value": f"{GOOD}:{job_id}",
        },
        "negative_button": {
            "text": _plain(texts.bad),
            "accessibility_label": texts.bad_label,
            "value": f"{BAD}:{job_id}",
        },
    }
    return {"type": "context_actions", "elements": [buttons]}


def row(*elements: Block) -> Block:
    """Build a row of buttons."""
    return {"type": "actions", "elements": list(elements)}


def button(action_id: str, text: str, value: str) -> Block:
    """Build a button."""
    return {"type": "button", "action_id": action_id, "text": _plain(text), "value": value}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": True}
