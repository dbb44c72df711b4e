"""What a prompt is, as JSON Schema can say it, so that clients can check theirs before they send it.

What counts for the fewest are the characters that are left when the prompt is cleaned
(:func:`bot.core.prompt.clean_text`), which a pattern can say. No readable one can say that of the most, so that these
are counted as they are sent.
"""

from typing import Any, Final

# Blanks, of which a run counts as one; and what is dropped.
_BLANK: Final = r"\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_DROPPED: Final = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
_ANY: Final = f"[{_BLANK}{_DROPPED}]*"
_SOLID: Final = f"[^{_BLANK}{_DROPPED}]"


def describe_prompt(*, min_chars: int, max_chars: int) -> dict[str, Any]:
    """Write the schema of a prompt; the bounds are in characters."""
    counted = f"{_SOLID}[{_DROPPED}]*|(?<={_SOLID}){_ANY}[{_BLANK}]{_ANY}(?={_SOLID})"
    return {
        "title": "Prompt",
        "type": "string",
        "minLength": min_chars,
        "maxLength": max_chars,
        "pattern": f"^{_ANY}(?:{counted}){{{min_chars}}}",
        "description": (
            f"What to make, in Ukrainian or English, in at most {max_chars} characters. Blanks at the ends, more than "
            f"one blank in a row and control characters are dropped; {min_chars} characters have to be left, which is "
            "what the pattern says. Text that looks like an SQL or script injection is refused with 403."
        ),
    }
