"""The page of pictures, which needs no browser to be checked."""

from pathlib import Path
from typing import Final

from gallery.scene import PHONE
from gallery.scenes import list_scenes
from gallery.show import write_page
from PIL import Image

from bot.core.texts import Language

_DOCS: Final = Path(__file__).parents[3] / "docs"
_MAX_BYTES: Final = 150_000


def _list_widths() -> dict[str, int]:
    """Return the width in CSS pixels that each picture has, by its name."""
    scenes = {scene.name: scene.width for scene in list_scenes(Language.ENGLISH)}
    return {f"{name}-{lang}.png": width for name, width in {"thread": PHONE, **scenes}.items() for lang in Language}


def test_page_shows_every_scene() -> None:
    """The page is what the scenes of today would write; ``tests/gallery/draw.py`` writes it anew."""
    written = write_page(list_scenes(Language.ENGLISH), phone_width=PHONE)

    assert (_DOCS / "screens.md").read_text() == written


def test_both_languages_show_the_same() -> None:
    """A scene of one language has its twin in the other, and no two share a file."""
    names = {language: [scene.name for scene in list_scenes(language)] for language in Language}

    assert names[Language.ENGLISH] == names[Language.UKRAINIAN]
    assert len(set(names[Language.ENGLISH])) == len(names[Language.ENGLISH])


def test_no_picture_is_missing_or_left_over() -> None:
    """Each picture that the page shows is there, and no other."""
    found = {path.name for path in (_DOCS / "screens").iterdir()}

    assert found == set(_list_widths())


def test_pictures_are_sharp_and_small() -> None:
    """Each picture has two pixels for each of the screen's, and is quick to load."""
    for name, width in _list_widths().items():
        path = _DOCS / "screens" / name
        with Image.open(path) as picture:
            pixels = picture.width

        assert pixels == 2 * width, name
        assert path.stat().st_size <= _MAX_BYTES, name
