"""What a guard answers when it does not let a request through. No status code is known here; see `errors.py`."""

from lockgate.model.errors import PermanentError


class SignInNeeded(PermanentError):
    """Nobody is signed in, or the session has ended."""


class NotAllowed(PermanentError):
    """Somebody is signed in who may not do this; the text says who may."""


class Forged(PermanentError):
    """The request does not prove that it came from a page of ours."""
