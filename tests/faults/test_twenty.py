"""Twenty jobs, in all stages, when the process is killed."""

import asyncio
from typing import Final

from faults.calls import Stop, Turnstile
from faults.crowd import SURFACES, Place, get_dm, invite_people, open_channels, send
from faults.theatre import TheatreOpener
from faults.verdict import find_errors, wait_until_done

from bot.core.ids import Role
from bot.core.models import Surface
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
        workspace = theatre.stage.workspace
        people = invite_people(workspace, 10)
        (channel,) = open_channels(workspace, 1, people)
        turnstile = Turnstile(theatre.stage)
        turnstile.hold(_STOPS)
        asking = []
        for number in range(20):
            surface, user = SURFACES[number % 3], people[number % 10]
            place = Place(user=user, channel=get_dm(user) if surface is Surface.DIRECT else channel)
            asking.append(send(theatre.stage, surface, place))
        requests = await asyncio.gather(*asking)
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
