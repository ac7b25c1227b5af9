"""The look of letters as the programs make them that people write with, with what they quote below."""
# ruff: noqa: E501 - a line of HTML is easier to read in one piece

import random
from collections.abc import Callable, Sequence

from lockgate.learning.layouts import Body, Earlier, escape, table

KEPT_BACK = ("thunderbird", "yahoo")
"""Layouts that no training sees."""


def plain(body: Body, chance: random.Random) -> str:
    """The text alternative."""
    blocks = [body.banner, body.greeting, *body.paragraphs]
    blocks += ["\n".join(f"{name}: {value}" for name, value in body.rows)] if body.rows else []
    blocks += [f"{text} <{address}>" for text, address in body.buttons]
    blocks += ["\n".join(body.closing), "\n".join(body.signature), *body.footer]
    blocks += [f"{text}: {address}" for text, address in body.extra_links]
    marked = chance.random() < 0.5
    for one in body.earlier:
        if marked:
            said = "\n".join(f"> {line}" for text in one.text for line in (*_wrapped(text), ""))
            blocks.append(f"{body.quoted_by or one.author}\n{said}")
        else:
            blocks.append(
                "\n".join([_rule(chance), *(f"{name}: {value}" for name, value in _head(one)), "", *one.text])
            )
    return "\n\n".join(block for block in blocks if block) + "\n"


def outlook(body: Body, chance: random.Random) -> str:
    """Outlook on a desk: Word's HTML."""
    paragraph = '<p class="MsoNormal"><span lang="EN-GB">{}</span><o:p></o:p></p>'
    empty = '<p class="MsoNormal"><o:p>&nbsp;</o:p></p>'
    inside = empty.join(paragraph.format(piece) for piece in _pieces(body))
    inside += _signature(body, paragraph)
    for one in body.earlier:
        head = "<br>".join(f"<b>{name}:</b> {escape(value)}" for name, value in _head(one))
        inside += f'<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">{paragraph.format(head)}</div>'
        inside += "".join(paragraph.format(escape(text)) for text in one.text)
    fonts = "@font-face{font-family:Calibri}p.MsoNormal{margin:0cm;font-size:11.0pt;font-family:Calibri,sans-serif}"
    return (
        '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:w="urn:schemas-microsoft-com:office:word"><head><meta name="Generator" content="Microsoft Word 15">'
        f"<style>{fonts}div.WordSection1{{page:WordSection1}}</style></head>"
        f'<body lang="EN-GB" link="#0563C1"><div class="WordSection1">{_banner(body, chance)}{inside}</div></body></html>'
    )


def outlook_web(body: Body, chance: random.Random) -> str:
    """Outlook in a browser or on a telephone."""
    style = 'style="font-family:Aptos,Calibri,Helvetica,sans-serif;font-size:12pt;color:rgb(0,0,0)"'
    inside = "<div><br></div>".join(f'<div class="elementToProof" {style}>{piece}</div>' for piece in _pieces(body))
    inside += f'<div id="Signature" class="elementToProof">{_signature(body, "<p>{}</p>")}</div>'
    for one in body.earlier:
        head = "<br>".join(f"<b>{name}:</b> {escape(value)}" for name, value in _head(one))
        inside += f'<div id="appendonsend"></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg">{head}</div>'
        inside += f"<div>{''.join(f'<p>{escape(text)}</p>' for text in one.text)}</div>"
    return f'<html><head><style type="text/css">P{{margin-top:0;margin-bottom:0}}</style></head><body dir="ltr">{_banner(body, chance)}{inside}</body></html>'


def gmail(body: Body, chance: random.Random) -> str:
    """Gmail."""
    inside = "<div><br></div>".join(f"<div>{piece}</div>" for piece in _pieces(body))
    if body.signature:
        inside += f'<br clear="all"><div dir="ltr" class="gmail_signature">{_signature(body, "<div>{}</div>")}</div>'
    for one in body.earlier:
        quoted = "".join(f"<div>{escape(text)}</div>" for text in one.text)
        inside += (
            f'<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">{escape(body.quoted_by)}'
            f'</div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;padding-left:1ex">{quoted}</blockquote></div>'
        )
    return f'{_banner(body, chance)}<div dir="ltr">{inside}</div>'


def apple(body: Body, chance: random.Random) -> str:
    """Apple Mail."""
    inside = "<br><br>".join(_pieces(body)) + (f"<br><br>{_signature(body, '{}<br>')}" if body.signature else "")
    for one in body.earlier:
        quoted = "<br><br>".join(map(escape, one.text))
        inside += f'<div><br><blockquote type="cite"><div>{escape(body.quoted_by)}</div><br><div>{quoted}</div></blockquote></div>'
    style = "overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;"
    return (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head>'
        f'<body style="{style}">{_banner(body, chance)}<div>{inside}</div></body></html>'
    )


def thunderbird(body: Body, chance: random.Random) -> str:
    """Thunderbird."""
    inside = "".join(f"<p>{piece}</p>" for piece in _pieces(body))
    inside += f'<pre class="moz-signature" cols="72">{escape(chr(10).join(body.signature))}</pre>'
    for one in body.earlier:
        quoted = "".join(f"<p>{escape(text)}</p>" for text in one.text)
        inside += f'<div class="moz-cite-prefix">{escape(body.quoted_by)}<br></div><blockquote type="cite" cite="mid:{chance.getrandbits(64):x}">{quoted}</blockquote>'
    return f'<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8"></head><body>{_banner(body, chance)}{inside}</body></html>'


def yahoo(body: Body, chance: random.Random) -> str:
    """Yahoo and its like."""
    mark = f"ydp{chance.getrandbits(32):x}"
    inside = "".join(f'<div dir="ltr" data-setdir="false">{piece}</div><div><br></div>' for piece in _pieces(body))
    inside += f'<div class="{mark}signature">{_signature(body, "<div>{}</div>")}</div>'
    for one in body.earlier:
        quoted = "".join(f"<div>{escape(text)}</div>" for text in one.text)
        inside += f'<div id="{mark}yahoo_quoted_{chance.getrandbits(32)}" class="{mark}yahoo_quoted"><div>{escape(body.quoted_by)}</div>{quoted}</div>'
    return f'<html><head></head><body>{_banner(body, chance)}<div class="{mark}yahoo-style-wrap" style="font-family:Helvetica Neue;font-size:13px">{inside}</div></body></html>'


LAYOUTS: dict[str, Callable[[Body, random.Random], str]] = {
    "outlook": outlook, "outlook_web": outlook_web, "gmail": gmail, "apple": apple, "thunderbird": thunderbird,
    "yahoo": yahoo,
}  # fmt: skip


def _pieces(body: Body) -> list[str]:
    """What is said, as HTML, one piece a paragraph."""
    pieces = [escape(text) for text in (body.greeting, *body.paragraphs) if text]
    pieces += [table(body.rows)] if body.rows else []
    pieces += [f'<a href="{address}">{escape(text)}</a>' for text, address in body.buttons]
    pieces += [body.drawing] if body.drawing else []
    return [*pieces, *map(escape, body.closing), *map(escape, body.footer)]


def _signature(body: Body, around: str) -> str:
    lines = [around.format(escape(line)) for line in body.signature]
    lines += [around.format(f'<img src="{picture}" width="140" alt="">') for picture in body.pictures[:1]]
    return "".join(
        [*lines, *(around.format(f'<a href="{where}">{escape(text)}</a>') for text, where in body.extra_links)]
    )


def _banner(body: Body, chance: random.Random) -> str:
    if not body.banner:
        return ""
    colour = chance.choice(("#FFEB9C", "#fff3cd", "#9C6500", "#d9534f", "#f2f2f2"))
    if chance.random() < 0.5:
        return f'<div style="background-color:{colour};border:1px solid;padding:2pt;font-size:9pt"><b>{escape(body.banner)}</b></div><br>'
    return (
        f'<table border="0" cellspacing="0" cellpadding="0" width="100%"><tr><td bgcolor="{colour}" width="7"></td>'
        f'<td style="padding:5pt 2pt;font-family:wf_segoe-ui_normal">{escape(body.banner)}</td></tr></table>'
    )


def _head(one: Earlier) -> Sequence[tuple[str, str]]:
    return (
        ("From", f"{one.author} <{one.address}>"), ("Sent", one.date), ("To", one.to), ("Subject", one.subject),
    )  # fmt: skip


def _rule(chance: random.Random) -> str:
    return chance.choice(("________________________________", "-----Original Message-----", "-" * 30))


def _wrapped(text: str) -> list[str]:
    return [text[start : start + 70] for start in range(0, len(text), 70)]
