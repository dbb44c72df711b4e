"""The bot, for which every page is too large for a picture: what a job costs without one.

There is no setting for this. All but the limit is as ever: each job asks for its picture, and is refused at once.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bot.__main__ import main
from bot.previews.painter_process import PictureLimits

if __name__ == "__main__":
    limits = PictureLimits.__init__.__kwdefaults__
    assert limits is not None
    limits["html_bytes"] = 0
    sys.exit(main(["run"]))
