"""Who a message says it is from and to: addresses in its header fields."""

import email.utils

from m365_simulator.mail_flow.headers import HeaderBlock, decode_words


def header_from(block: HeaderBlock) -> str:
    """The address of the From field, or the empty text."""
    return next(iter(addresses(block, "From")), "")


def addresses(block: HeaderBlock, *names: str) -> list[str]:
    """Every address in these fields, lower case."""
    values = [value for name in names for value in block.all(name)]
    return [address.lower() for _, address in email.utils.getaddresses(values) if "@" in address]


def subject(block: HeaderBlock) -> str:
    """The subject as a reader sees it."""
    return decode_words(block.first("Subject"))
