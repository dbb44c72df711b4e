"""The guides name what there is: files, headings, settings, commands; each command is run, or says why not."""

import re
from pathlib import Path
from typing import Final

import pytest
import yaml
from guides import ROOT, list_anchors, list_blocks, list_guides, list_links, list_spans, read_blocks, read_guide

from bot.__main__ import main
from bot.errors import BotError
from bot.settings import Settings

_GUIDES: Final = list_guides()
_NAMES: Final = {name.upper() for name in Settings.model_fields}
# What looks like a setting of the bot's and is none.
# What libraries and tests read.
_OTHER_NAMES: Final = {"SSL_CERT_DIR", "API_EXAMPLES"}
# The OpenTelemetry SDK's own variables begin as the one that the bot reads.
_FOREIGN: Final = "OTEL"
_PATH: Final = re.compile(r"(?<![\w./-])(?:\./)?((?:bot|handlers|tests|docs)/[\w./-]*[\w/])")
# Where a command stands, and not the name of a container or a unit.
_COMMAND: Final = re.compile(
    r"(?:^|uv run |worlds\.py |/bin/|[;&|(] *)(?:codemie-bot|python3? -m bot) ([a-z][\w-]*)((?: [^|;&\n]*)?)",
    re.MULTILINE,
)


@pytest.mark.parametrize("guide", _GUIDES)
def test_links_lead_somewhere(guide: str) -> None:
    """Each relative link leads to a file, and its anchor to a heading of it."""
    lost = [link for link in list_links(guide) if not _is_there(guide, link)]

    assert lost == []


@pytest.mark.parametrize("guide", _GUIDES)
def test_files_that_are_named_are_there(guide: str) -> None:
    """A path of the code in backticks or in a command is one of a file or folder of today."""
    texts = [*list_spans(guide), *(block.text for block in list_blocks(guide))]
    named = {found[1].rstrip("/.") for text in texts for found in _PATH.finditer(text)}
    lost = [path for path in sorted(named) if not (ROOT / path).exists() and not (ROOT / f"{path}.py").exists()]

    assert lost == []


@pytest.mark.parametrize("guide", _GUIDES)
def test_settings_that_are_named_exist(guide: str) -> None:
    """A word that begins as a setting does is a setting; and so is each line of an example of ``.env``."""
    texts = [*list_spans(guide), *(block.text for block in list_blocks(guide))]
    beginnings = {name.split("_")[0] for name in _NAMES if "_" in name} - {_FOREIGN}
    words = {word for text in texts for word in re.findall(r"(?<![\w$/-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", text)}
    claimed = {word for word in words if word.split("_")[0] in beginnings}
    examples = [block.text for block in list_blocks(guide) if block.kind in {"ini", "dotenv", "env"}]
    claimed |= {name for text in examples for name in re.findall(r"^([A-Za-z_]+)=", text, re.MULTILINE)}

    assert claimed - _NAMES - _OTHER_NAMES == set()


@pytest.mark.parametrize("guide", _GUIDES)
def test_commands_that_are_named_exist(guide: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each ``codemie-bot`` command is one, with the options that it is named with."""
    texts = [*list_spans(guide), *(block.commands for block in list_blocks(guide) if block.has_commands)]
    named = {(found[1], found[2]) for text in texts for found in _COMMAND.finditer(text)}
    lost = []
    for command, rest in sorted(named):
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        known = capsys.readouterr().out
        options = re.findall(r"(?<!\S)--[a-z-]+", rest)
        if ended.value.code != 0 or any(option not in known for option in options):
            lost.append(f"{command}{rest}")

    assert lost == []


@pytest.mark.parametrize("guide", _GUIDES)
def test_what_is_not_run_says_why(guide: str) -> None:
    """In words, so that a reader knows what it takes; and no comment is misspelt into being ignored."""
    blocks = [block for block in list_blocks(guide) if block.has_commands]
    for block in blocks:
        print(f"{block.label}: {block.comment or 'run'}")  # noqa: T201 - the list, for `pytest -s` and for a failure
    unclear = [block.label for block in blocks if block.reason is not None and len(block.reason.split()) < 3]
    unknown = [block.label for block in blocks if block.comment and block.reason is None and not block.is_endless]

    assert unclear == []
    assert unknown == []


@pytest.mark.parametrize("guide", _GUIDES)
def test_every_fence_names_its_kind(guide: str) -> None:
    """A command in one that does not would be seen by none of these tests."""
    assert [block.label for block in list_blocks(guide) if not block.kind] == []


def test_the_runbook_has_each_error() -> None:
    """The table of codes in the guide for operators is the tree of errors."""
    section = read_guide("docs/operate.md").partition("## What each code means")[2].partition("\n## ")[0]
    codes = re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE)

    assert sorted(codes) == sorted({error.code for error in BotError.walk()})


def test_the_guide_to_slack_explains_each_scope() -> None:
    """Those that are needed and those that may be declined, each as the manifest has it."""
    scopes = yaml.safe_load((ROOT / "manifest.yml").read_text())["oauth_config"]["scopes"]
    section = read_guide("docs/install-slack.md").partition("## Scopes")[2].partition("\n## ")[0]
    needed, _, optional = section.partition("are optional")
    explained = [sorted(re.findall(r"^\| `([a-z:_]+)` \|", part, re.MULTILINE)) for part in (needed, optional)]

    assert explained == [scopes["bot"], scopes["bot_optional"]]


def test_each_guide_is_in_the_index() -> None:
    """Whoever opens the folder finds them all."""
    listed = {(ROOT / "docs" / link.partition("#")[0]).resolve() for link in list_links("docs/README.md")}
    guides = {(ROOT / guide).resolve() for guide in _GUIDES if guide.startswith("docs/")}

    assert guides - listed - {(ROOT / "docs/README.md").resolve()} == set()


def test_a_comment_belongs_to_the_fence_below_it() -> None:
    """So that the tests above see what they are meant to see: fences in lists, consoles, comments."""
    text = (
        "<!-- not run: needs a cluster -->\n```sh\nkubectl get pods\n```\ntext\n\n```console\n$ echo a \\\n  b\na b\n"
        "```\n1. a list\n   <!-- until stopped -->\n   ```sh\n   codemie-bot run\n   ```\n"
    )
    first, second, third = read_blocks("x.md", text)

    assert (first.line, first.reason) == (2, "needs a cluster")
    assert (second.reason, second.commands) == (None, "echo a \\\n  b\n")
    assert (third.is_endless, third.commands) == (True, "codemie-bot run\n")


def _is_there(guide: str, link: str) -> bool:
    name, _, anchor = link.partition("#")
    path = (ROOT / guide).parent / name if name else ROOT / guide
    if not path.exists():
        return False
    if not anchor or path.suffix != ".md":
        return True
    return anchor in list_anchors(path.resolve().relative_to(Path(ROOT).resolve()).as_posix())
