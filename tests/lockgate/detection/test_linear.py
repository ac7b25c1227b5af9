"""No detector takes longer than linear time for texts and markup made to make expressions backtrack."""

import time

import pytest

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.engine import inspect
from lockgate.mime.parser import parse
from tests.lockgate.detection.messages import facts

PIECES = (
    "a", "1 ", "+1 ", "(", "-", "@", "a.", "a@a.", "://", "http://a.", "=", "%25", "aHR0c", "<", "<div ", "on ",
    "from:", "re: ", "$1 ", "\u200b", "\u0430a", "url?q=", "&#", "\u2588\n", "x " * 3 + "\n",
    "<table><tr><td>", "href=' ",
)  # fmt: skip
SIZE = 200_000
LONGEST = 4.0  # seconds of processor time for 200 kB; backtracking would take minutes


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_hostile_texts_take_linear_time(kind: str) -> None:
    for piece in PIECES:
        text = piece * (SIZE // len(piece))
        head = f"From: {piece * 20} <a@sender.example>\r\nTo: t@contoso.com\r\nSubject: Re: {text[:5_000]}\r\n"
        raw = f"{head}Content-Type: text/{kind}; charset=utf-8\r\n\r\n{text}".replace("\n\n", "\n").encode()
        began = time.process_time()
        inspect(parse(raw), facts(), default_catalogue())
        spent = time.process_time() - began
        assert spent < LONGEST, (kind, piece, spent)
