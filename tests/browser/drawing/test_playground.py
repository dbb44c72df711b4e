"""The pictures of the playground in the documents, which need no browser to be checked."""

import re
from pathlib import Path
from typing import Final

import pytest
from gallery.playground import FOLDER, MAX_BYTES, PICTURES, SCALE, Picture
from PIL import Image

_ROOT: Final = Path(__file__).parents[3]


def test_no_picture_is_missing_or_left_over() -> None:
    """What ``tests/gallery/playground.py`` takes is there, and nothing else."""
    assert {path.name for path in FOLDER.iterdir()} == {f"{picture.name}.png" for picture in PICTURES}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_sharp_and_small(picture: Picture) -> None:
    """Each has two pixels for each of the screen's, and is quick to load."""
    path = FOLDER / f"{picture.name}.png"
    with Image.open(path) as image:
        size = image.size

    assert size == (SCALE * picture.size[0], SCALE * picture.size[1])
    assert path.stat().st_size <= MAX_BYTES


def test_the_documents_show_every_picture() -> None:
    """README and the guide show the pictures that there are, and leave none out."""
    texts = [(_ROOT / name).read_text() for name in ("README.md", "docs/playground.md")]
    shown = {name for text in texts for name in re.findall(r"playground/(\w+)\.png", text)}

    assert shown == {picture.name for picture in PICTURES}
