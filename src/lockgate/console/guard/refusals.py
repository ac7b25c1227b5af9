"""What a guard answers when it does not let a request through. No status code is known here; see `errors.py`."""

from lockgate.model.errors import PermanentError


class SignInNeeded(PermanentError):
    """Nobody is signed in, or the session has ended."""


class NotAllowed(PermanentError):
    """Somebody is signed in who may not do this; the text says who may."""


class NotThere(PermanentError):
    """There is no such record, or it belongs to an organisation that is none of the visitor's business.

    Both are said in the same words, so that nobody learns what others have.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}; it may not be kept any more.")


class Forged(PermanentError):
    """The request does not prove that it came from a page of ours."""
