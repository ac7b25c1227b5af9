"""What is sent: invented mail of about 35 kB, or real mail of a corpus that the user has at hand.

Invented: newsletters, invoices, notices and lures with HTML of many links and tables, quoted-printable or base64, some
with a small attachment; no two bodies alike, from a fixed seed. A corpus is a folder of .eml files or a tar archive
of them; messages of about 35 kB are taken, of its `phish` folder where it has one.
"""

import base64
import quopri
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path

WANTED_OCTETS = 35_000
COUNT = 200
PROSE = """
account invoice delivery meeting project update please review attached document order customer service team payment
schedule quarter report contract office colleague information question answer the of and to in for with your our this
that from will have been are not today tomorrow week month season offer member club garden travel hotel kitchen winter
summer shoes book music ticket event city street parcel number secure sign portal password
"""
WORDS = PROSE.split()
HOSTS = ("shop.example", "news.example", "parcel-track.example", "login.portal.example", "cdn.pictures.example")


def write_mails(folder: Path, corpus: Path | None) -> tuple[int, float]:
    """Fill `folder`; how many messages, and their mean size in octets."""
    folder.mkdir(parents=True, exist_ok=True)
    mails = list(_of_corpus(corpus) if corpus else _invented())
    for number, content in enumerate(mails):
        (folder / f"{number:04d}.eml").write_bytes(content)
    return len(mails), sum(map(len, mails)) / len(mails)


def _of_corpus(corpus: Path) -> Iterator[bytes]:
    """The messages nearest to the wanted size, above and below it."""
    found = [content for content in _messages_under(corpus) if content]
    found.sort(key=lambda content: abs(len(content) - WANTED_OCTETS))
    yield from found[:COUNT]


def _messages_under(corpus: Path) -> Iterator[bytes]:
    for path in sorted(corpus.rglob("*.eml")):
        if "phish" in path.parts or not (corpus / "phish").is_dir():
            yield path.read_bytes()
    for path in sorted(corpus.rglob("*.tar.*")):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and member.name.endswith(".eml") and "phish" in Path(member.name).parts:
                    opened = archive.extractfile(member)
                    yield opened.read() if opened else b""


def _invented() -> Iterator[bytes]:
    choose = random.Random(35)
    for number in range(COUNT):
        yield _message(choose, number)


def _message(choose: random.Random, number: int) -> bytes:
    html = _html(choose)
    while len(html) < choose.randint(22_000, 31_000):
        html = html.replace("</body>", _section(choose) + "</body>")
    text = "\r\n".join(_sentence(choose) for _ in range(20))
    mark = f"=_part_{number}"
    parts = [_part("text/plain; charset=utf-8", "quoted-printable", text.encode())]
    parts.append(_part("text/html; charset=utf-8", choose.choice(["quoted-printable", "base64"]), html.encode()))
    if number % 4 == 0:
        picture = b"\x89PNG\r\n\x1a\n" + choose.randbytes(4000)
        parts.append(_part('image/png; name="logo.png"', "base64", picture))
    sender = f"{choose.choice(WORDS)}@{choose.choice(HOSTS)}"
    head = (
        f"Received: from mx{number}.{choose.choice(HOSTS)} ([192.0.2.{number}]) by in.example with ESMTPS\r\n"
        f"From: {choose.choice(WORDS).title()} {choose.choice(WORDS).title()} <{sender}>\r\nTo: tom@example.com\r\n"
        f"Subject: {_sentence(choose)[:70]}\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative; boundary="{mark}"\r\n\r\n'
    )
    body = b"".join(f"--{mark}\r\n".encode() + part + b"\r\n" for part in parts)
    return head.encode() + body + f"--{mark}--\r\n".encode()


def _part(kind: str, encoding: str, content: bytes) -> bytes:
    encoded = base64.encodebytes(content) if encoding == "base64" else quopri.encodestring(content)
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + encoded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _html(choose: random.Random) -> str:
    title = _sentence(choose)
    return (
        f"<html><head><title>{title}</title><style>.a{{color:#333;font:14px Arial}} td{{padding:4px}}</style></head>"
        f"<body bgcolor='#ffffff'><h1>{title}</h1></body></html>"
    )


def _section(choose: random.Random) -> str:
    host = choose.choice(HOSTS)
    rows = "".join(
        f'<tr><td class="a" style="font-family:Arial;font-size:14px">{_sentence(choose)}</td><td>'
        f'<a href="https://{host}/{choose.choice(WORDS)}/{choose.randrange(10**9)}?u={choose.randrange(10**6)}">'
        f"{choose.choice(WORDS)} {choose.choice(WORDS)}</a></td></tr>"
        for _ in range(4)
    )
    image = f'<img src="https://{choose.choice(HOSTS)}/{choose.randrange(10**6)}.png" width="600" alt="">'
    return f'<table border="0" cellpadding="0" width="100%">{rows}</table>{image}<p>{_sentence(choose)}</p>\n'


def _sentence(choose: random.Random) -> str:
    words = " ".join(choose.choice(WORDS) for _ in range(choose.randint(6, 16)))
    return words.capitalize() + "."
