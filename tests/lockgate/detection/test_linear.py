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


def test_a_page_of_runs_that_are_too_short_for_a_hidden_file_takes_linear_time() -> None:
    head = "From: a@sender.example\r\nTo: t@contoso.com\r\nContent-Type: text/html\r\n"
    page = "<html>" + f"{'A' * 1_400}\r\n" * 700
    raw = f'{head}Content-Disposition: attachment; filename="a.html"\r\n\r\n{page}'.encode()
    message = parse(raw)
    began = time.process_time()
    inspect(message, facts(), default_catalogue())
    assert time.process_time() - began < 1.5
