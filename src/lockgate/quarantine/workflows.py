"""The release as a durable workflow: tries until the next hop has answered for everybody, for two days."""

from dbos import DBOS

from lockgate.quarantine.release import Releases, Tried
from lockgate.quarantine.service import RELEASE

PAUSES = (5, 30, 60, 300, 900, 1800, *[3600] * 47)  # seconds; about two days in all


def register(releases: Releases) -> None:
    """Declare the workflow. Call once, before DBOS is launched."""

    @DBOS.step(name="quarantine.attempt")
    async def attempt(held_id: str, claim: str) -> str:
        return (await releases.attempt(held_id, claim)).value

    @DBOS.step(name="quarantine.give-back")
    async def give_back(held_id: str, claim: str) -> None:
        await releases.give_back(held_id, claim)

    @DBOS.workflow(name=RELEASE)
    async def release(held_id: str, claim: str) -> str:
        for pause in PAUSES:
            if await attempt(held_id, claim) == Tried.DONE:
                return Tried.DONE.value
            await DBOS.sleep_async(pause)
        await give_back(held_id, claim)
        return Tried.LATER.value
