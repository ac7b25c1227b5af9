"""Where a grant stands, as steps: which are done, which one is to be done now, and which failed; pure."""

from dataclasses import dataclass
from enum import StrEnum

from lockgate.model.service_account import ConsentStep, Progress, ServiceAccount


class StepState(StrEnum):
    """Of a step. Only one is NOW, WAITING or FAILED at a time."""

    DONE = "done"
    NOW = "now"  # a person has to do something, here
    WAITING = "waiting"  # for something that happens elsewhere; the page looks again by itself
    FAILED = "failed"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class GrantSteps:
    """The states of the three steps of the procedure, of the first sync, and of what comes after."""

    mail_flow: StepState
    role: StepState
    directory: StepState
    sync: StepState
    plan: StepState


def grant_steps(account: ServiceAccount, progress: Progress) -> GrantSteps:
    """From what was granted and how far the first sync has come."""
    consented = account.granted(ConsentStep.MAIL_FLOW)
    role = consented and account.role_seen_at is not None
    permitted = account.granted(ConsentStep.DIRECTORY)
    synced = progress.finished and not progress.failed
    return GrantSteps(
        mail_flow=_state(consented, reached=True),
        role=_state(role, reached=consented, while_open=StepState.WAITING),
        directory=_state(permitted, reached=role),
        sync=_sync(progress, reached=role and permitted, synced=synced),
        plan=_state(False, reached=synced),
    )


def _state(done: bool, *, reached: bool, while_open: StepState = StepState.NOW) -> StepState:
    return StepState.DONE if done else while_open if reached else StepState.LATER


def _sync(progress: Progress, *, reached: bool, synced: bool) -> StepState:
    if progress.finished and progress.failed:
        return StepState.FAILED
    return _state(synced, reached=reached, while_open=StepState.WAITING)
