"""Twenty jobs, in all stages, when the process is killed."""

import asyncio
from functools import partial
from typing import Final

from faults.calls import Stop, Turnstile
from faults.crowd import SURFACES, send, spread_out
from faults.theatre import TheatreOpener
from faults.verdict import find_errors, wait_until_done

from bot.core.ids import Role
from bot.demo.gate import Moment

# Every job passes each of these, so that twenty jobs fill the twenty places.
_STOPS: Final[list[Stop]] = [
    *[("chat.postMessage:status", Moment.DONE)] * 2,
    *[("chat:flow", Moment.ARRIVED)] * 4,
    *[("chat:flow", Moment.DONE)] * 2,
    *[("chat:page", Moment.ARRIVED)] * 4,
    *[("chat:page", Moment.DONE)] * 2,
    *[("upload:flow.json", Moment.ARRIVED)] * 2,
    *[("files.completeUploadExternal", Moment.DONE)] * 4,
]


async def test_a_kill_with_twenty_jobs_in_all_stages(open_theatre: TheatreOpener) -> None:
    """Some wait for the flow, some for the page, some post: twenty of twenty are delivered, once, after the restart."""
    async with open_theatre() as theatre:
        surfaces = [SURFACES[number % len(SURFACES)] for number in range(20)]
        places = spread_out(theatre.stage.workspace, surfaces)
        turnstile = Turnstile(theatre.stage)
        turnstile.hold(_STOPS)
        requests = await asyncio.gather(*map(partial(send, theatre.stage), surfaces, places))
        await turnstile.wait_for_held(20)
        await theatre.stage.kill()
        turnstile.open()
        await theatre.restart()
        await wait_until_done(theatre.stage, requests)

        found = {item.number: theatre.witness.find_problems(item) for item in requests}
        flows = [theatre.count_calls(item, Role.FLOW) for item in requests]
        pages = [theatre.count_calls(item, Role.PAGE) for item in requests]
        assert {number: problems for number, problems in found.items() if problems} == {}
        assert sorted(flows) == [1] * 14 + [2] * 6
        assert sorted(pages) == [1] * 14 + [2] * 6
        assert find_errors(theatre.stage) == []
