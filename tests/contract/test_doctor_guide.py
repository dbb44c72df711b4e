"""What docs/doctor.md says of the codes is what the doctor does."""

import re
from pathlib import Path
from typing import Final

from bot.doctor.advice import ADVICE
from bot.doctor.codes import WARNINGS, Code

_GUIDE: Final = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text()
_ROW: Final = re.compile(r"^\| (✗|!) \| `(\w+)` \| (.*) \|$", re.MULTILINE)
_IN_ORDER: Final = frozenset({Code.OK, Code.SKIPPED})


def test_every_code_stands_in_the_guide_with_its_sign_and_advice() -> None:
    """In the order of the code, and no other."""
    rows = [(sign, code, advice) for sign, code, advice in _ROW.findall(_GUIDE)]

    assert rows == [
        ("!" if code in WARNINGS else "✗", code.value, ADVICE[code]) for code in Code if code not in _IN_ORDER
    ]


def test_every_kind_of_trouble_has_its_advice() -> None:
    """What is in order needs none; the values of codes differ, and never change with the words."""
    assert ADVICE.keys() == set(Code)
    assert [code for code in Code if not ADVICE[code]] == sorted(_IN_ORDER)
    assert all(re.fullmatch(r"[a-z_]+", code) for code in Code)
    assert not WARNINGS & _IN_ORDER
