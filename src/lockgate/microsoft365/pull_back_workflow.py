"""Taking a message back as a durable workflow: portion after portion, with pauses while Microsoft does not answer."""

import structlog
from dbos import DBOS

from lockgate.microsoft365.pull_back import Portion, PullingBack
from lockgate.microsoft365.pull_back_requests import PULL_BACK
from lockgate.model.errors import TemporaryError

log = structlog.get_logger()
PAUSES = (10, 30, 60, 300, 900, *[3600] * 24)  # seconds; about a day without any portion
LATER = "later"


def register(pulling: PullingBack) -> None:
    """Declare the workflow. Call once, before DBOS is launched."""

    @DBOS.step(name="mail.pull-back-portion")
    async def portion(pull_back_id: str) -> str:
        try:
            return (await pulling.portion(pull_back_id)).value
        except TemporaryError as error:
            log.warning("a message cannot be taken back now", pull_back=pull_back_id, cause=str(error))
            return LATER

    @DBOS.step(name="mail.pull-back-give-up")
    async def give_up(pull_back_id: str) -> None:
        await pulling.give_up(pull_back_id)

    @DBOS.workflow(name=PULL_BACK)
    async def pull_back(pull_back_id: str) -> str:
        pauses = iter(PAUSES)
        while (outcome := await portion(pull_back_id)) != Portion.DONE:
            if outcome == Portion.MORE:
                pauses = iter(PAUSES)
            elif (pause := next(pauses, None)) is None:
                await give_up(pull_back_id)
                break
            else:
                await DBOS.sleep_async(pause)
        return outcome
