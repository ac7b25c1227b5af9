"""The exception tree. An exception is a surprise or an abort; an expected outcome is a value.

LockgateError
├── TemporaryError       it may work later: SMTP 451, HTTP 503
│   └── TooOften         the same caller has asked for it too often: HTTP 429
├── PermanentError       it will not work as asked: HTTP 4xx; never a 5xx to a mail peer by itself
│   └── InvalidInput     the caller's input is at fault; the text says what to do
└── ConfigurationError   start-up stops; the text names the setting and the fix
"""


class LockgateError(Exception):
    """Root of everything the product raises on purpose."""


class TemporaryError(LockgateError):
    """Trying again later may succeed."""


class TooOften(TemporaryError):
    """As often as one may in a while; `str(error)` is fit to show to the user."""


class PermanentError(LockgateError):
    """Trying again without a change cannot succeed."""


class InvalidInput(PermanentError):
    """The input is wrong; `str(error)` is fit to show to the user and says what to do."""


class ConfigurationError(LockgateError):
    """A start-up setting is wrong; `str(error)` names it and the fix."""
