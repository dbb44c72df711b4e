"""The table of errors in the guide to the API is the document's."""

import re
from pathlib import Path

from bot.api.document import make_document
from bot.api.failures import Kind

_GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
_ROW = re.compile(r"^\| (?:`(\w+)`)? ?\| ([\d, ]+) \|", re.MULTILINE)


def test_the_table_of_errors_is_the_documents() -> None:
    """Each kind is there, and each status that a POST is answered with."""
    rows = _ROW.findall(_GUIDE)
    told = {status.strip() for _, statuses in rows for status in statuses.split(",")}
    document = make_document(min_chars=10, max_chars=2000, version="1", server_url="/")
    documented = {
        status
        for item in document["paths"].values()
        for operation in item.values()
        for status in operation["responses"]
        if int(status) >= 400
    }

    assert {kind for kind, _ in rows if kind} == set(Kind)
    assert told - {"405"} == documented
