"""The messages that the demo sends, each with what must become of it."""

from pathlib import Path

from tools.demo.messages import business, formats, lures, malware, outgoing, real_samples
from tools.demo.messages.expectation import DemoMessage, Expected

__all__ = ["DemoMessage", "Expected", "demo_messages"]


def demo_messages(corpus: Path | None = None) -> tuple[DemoMessage, ...]:
    """All of them; with a folder of real samples also a few of those (see `real_samples`)."""
    own = (
        *business.messages(),
        *formats.messages(),
        *malware.messages(),
        *lures.messages(),
        *outgoing.messages(),
    )
    return own if corpus is None else (*own, *real_samples.messages(corpus))
