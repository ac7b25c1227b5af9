"""What people read when a task has ended well."""

from lockgate.microsoft365.tasks import Task

SYNCED = "Successfully created a service account and synced data."


def success(task: Task) -> str:
    """One sentence."""
    match task:
        case Task.PROVISION:
            return SYNCED
        case Task.SYNC:
            return "Users, groups and domains are up to date."
        case Task.APPLY:
            return "Inline Protection is in service."
        case Task.SWITCH:
            return "The rule was switched. Exchange can take half an hour to act on it."
        case Task.ROTATE:
            return "This phase of the new secrets is done; the next one follows by itself."
        case Task.WATCH:
            return "The organisation was looked at."
        case Task.ACTIVITY:
            return "Activity data of the organisation are kept for Lockgate from now on."
        case Task.REMOVE:
            return "The direction was taken out of the organisation; the other one goes on."
        case Task.REVOKE:
            return "Everything of Lockgate was removed from the organisation."
        case Task.ABANDON:
            return "The organisation was forgotten here; its administrator removes what is listed above."
