"""What an administrator is shown of a value: enough to recognise it, not enough to use it."""

from lockgate.detection.data_loss.checks import payment_card, scheme
from lockgate.model.data_loss import Expression, Identifier

SHOWN = 2  # characters at either end of a long value
LONG = 8


def masked(identifier: Identifier, value: str) -> str:
    """The value with its middle hidden. Words and properties are shown as they are: they name a subject, not a person.

    Of a payment card the first six and last four digits, as PCI DSS 3.4.1 lets one show at most.
    """
    if not isinstance(identifier, Expression):
        return value
    if identifier.check == "payment-card" and payment_card(value):
        digits = "".join(filter(str.isdigit, value))
        return f"{scheme(digits)} {digits[:6]}{'*' * (len(digits) - 10)}{digits[-4:]}"
    if len(value) < LONG:
        return "*" * len(value)
    return f"{value[:SHOWN]}{'*' * min(len(value) - 2 * SHOWN, 12)}{value[-SHOWN:]}"
