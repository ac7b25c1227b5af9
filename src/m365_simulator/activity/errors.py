"""Errors of the Management Activity API (microsoft-365.md §5.2): code, HTTP status, sentence."""

from dataclasses import dataclass

_CODES: dict[str, tuple[int, str]] = {
    "AF10001": (401, "The permission set of the token does not include {detail}."),
    "AF20001": (400, "Missing parameter: {detail}."),
    "AF20002": (400, "Invalid parameter type: {detail}."),
    "AF20003": (400, "Expiration {detail} is in the past."),
    "AF20010": (403, "The tenant ID in the URL ({detail}) is not the tenant of the token."),
    "AF20013": (400, "The tenant ID in the URL ({detail}) is not a GUID."),
    "AF20020": (400, "The content type {detail} is not valid."),
    "AF20022": (400, "No subscription found for the content type {detail}."),
    "AF20023": (400, "The subscription for {detail} is disabled."),
    "AF20030": (400, "startTime and endTime are not valid: {detail}."),
    "AF20031": (400, "Invalid nextPage: {detail}."),
    "AF20050": (404, "The content {detail} does not exist."),
    "AF20051": (410, "The content {detail} has expired; content is kept for seven days."),
    "AF20052": (400, "The content ID {detail} is not valid."),
}


@dataclass
class FeedError(Exception):
    """A refusal of the activity feed."""

    code: str
    detail: str = ""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return _CODES[self.code][0]

    @property
    def sentence(self) -> str:
        """What is said to the caller."""
        return _CODES[self.code][1].format(detail=self.detail)
