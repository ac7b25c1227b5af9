"""The look of invented mail: plain text, a letter in HTML, a notice with a button, or a newsletter of many tables."""

import html
import random
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Earlier:
    """A message that is quoted or forwarded below: who wrote it, to whom, when, about what."""

    author: str
    address: str
    to: str
    date: str
    subject: str
    text: list[str]


@dataclass(slots=True)
class Body:
    """What stands in a message. `buttons` and `extra_links` are (text, address); `pictures` addresses of images."""

    greeting: str
    paragraphs: list[str]
    rows: list[tuple[str, str]]
    buttons: list[tuple[str, str]]
    quotes: list[str]
    closing: list[str]
    footer: list[str]
    quoted_by: str = ""
    extra_links: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    drawing: str = ""  # HTML that is put in as it is, such as a QR code
    banner: str = ""  # what the recipient's organisation puts above mail from outside
    signature: list[str] = field(default_factory=list)
    earlier: list[Earlier] = field(default_factory=list)


def plain(body: Body, chance: random.Random) -> str:
    """The text alternative."""
    blocks = [body.greeting, *body.paragraphs]
    if body.rows:
        blocks.append("\n".join(f"{name}: {value}" for name, value in body.rows))
    blocks += [
        f"{text}: {address}" if chance.random() < 0.5 else f"{text}\n{address}" for text, address in body.buttons
    ]
    blocks += ["\n".join(body.closing)] if body.closing else []
    blocks += body.footer
    if body.quotes:
        depth = [f"{'>' * (place + 1)} {line}" for place, text in enumerate(body.quotes) for line in _wrap(text)]
        blocks.append(body.quoted_by + "\n" + "\n".join(depth))
    return "\n\n".join(block for block in blocks if block) + "\n"


def letter(body: Body, chance: random.Random) -> str:
    """What a person's mail program makes."""
    style = chance.choice((
        'style="font-family:Calibri,Arial,sans-serif;font-size:11pt"', 'class="MsoNormal"', 'dir="ltr"', "",
    ))  # fmt: skip
    tag = chance.choice(("p", "div"))
    blocks = [f"<{tag} {style}>{escape(text)}</{tag}>" for text in (body.greeting, *body.paragraphs) if text]
    blocks += [table(body.rows)] if body.rows else []
    blocks += [f'<{tag} {style}><a href="{address}">{escape(text)}</a></{tag}>' for text, address in body.buttons]
    blocks.append(body.drawing)
    blocks.append(f"<{tag} {style}>{'<br>'.join(map(escape, body.closing))}</{tag}>")
    blocks += [f'<{tag} style="color:#888;font-size:9pt">{escape(text)}</{tag}>' for text in body.footer]
    if body.quotes:
        inside = "".join(f"<p>{escape(text)}</p>" for text in body.quotes)
        blocks.append(chance.choice((
            f'<div class="gmail_quote">{escape(body.quoted_by)}'
            f'<blockquote style="margin:0 0 0 .8ex;border-left:1px solid #ccc">{inside}</blockquote></div>',
            f'<hr style="width:98%"><div id="divRplyFwdMsg"><b>{escape(body.quoted_by)}</b></div>{inside}',
            f"<div>{escape(body.quoted_by)}</div><blockquote type=\"cite\">{inside}</blockquote>",
        )))  # fmt: skip
    head = '<meta charset="utf-8">' if chance.random() < 0.6 else ""
    if "MsoNormal" in style:
        head += "<style>p.MsoNormal{margin:0cm;font-size:11.0pt;font-family:Calibri}</style>"
    return f"<html><head>{head}</head><body>{''.join(blocks)}</body></html>"


def bare(body: Body, _: random.Random) -> str:
    """Paragraphs and links without any style."""
    blocks = [f"<p>{escape(text)}</p>" for text in (body.greeting, *body.paragraphs) if text]
    blocks += [table(body.rows)] if body.rows else []
    blocks += [f'<p><a href="{address}">{escape(text)}</a></p>' for text, address in body.buttons]
    blocks += [body.drawing, *(f"<p>{escape(text)}</p>" for text in (*body.closing, *body.footer))]
    return f"<html><body>{''.join(blocks)}</body></html>"


def notice(body: Body, chance: random.Random) -> str:
    """A card in the middle with a logo, a table of facts and a button."""
    colour = chance.choice(("#0a66c2", "#1f7a4d", "#c0392b", "#222222", "#ff6600", "#5b2c91"))
    logo = f'<img src="{body.pictures[0]}" width="120" alt="">' if body.pictures else ""
    inside = "".join(
        f'<p style="margin:0 0 14px">{escape(text)}</p>' for text in (body.greeting, *body.paragraphs) if text
    )
    inside += table(body.rows) if body.rows else ""
    inside += body.drawing
    round_by = chance.choice((0, 4, 24))
    shape = f"background:{colour};color:#fff;padding:12px 22px;border-radius:{round_by}px;display:inline-block"
    inside += "".join(
        f'<p><a href="{address}" style="{shape}">{escape(text)}</a></p>' for text, address in body.buttons
    )
    inside += f"<p>{'<br>'.join(map(escape, body.closing))}</p>"
    small = "".join(f'<p style="color:#999;font-size:12px">{escape(text)}</p>' for text in body.footer)
    small += " | ".join(f'<a href="{address}">{escape(text)}</a>' for text, address in body.extra_links)
    style = "<style>body{margin:0;background:#f4f4f4}</style>" if chance.random() < 0.6 else ""
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8">{style}</head>'
        '<body><table width="100%"><tr><td align="center">'
        '<table width="600" cellpadding="0" cellspacing="0" style="background:#fff">'
        f'<tr><td style="padding:24px">{logo}</td></tr>'
        f'<tr><td style="padding:24px;font-family:Arial">{inside}</td></tr>'
        f'<tr><td style="padding:24px">{small}</td></tr></table>'
        f"</td></tr></table></body></html>"
    )


def newsletter(body: Body, chance: random.Random) -> str:
    """Many blocks in many tables, style sheets, pictures behind links, a preview text that is not shown."""
    preview = f'<div style="display:none;max-height:0;overflow:hidden">{escape(body.paragraphs[0][:90])}</div>'
    blocks = []
    for place, text in enumerate((body.greeting, *body.paragraphs)):
        if body.pictures and place:
            address = (body.buttons or body.extra_links or [("", "#")])[0][1]
            picture = body.pictures[place % len(body.pictures)]
            blocks.append(
                f'<a href="{address}"><img src="{picture}" width="560" style="display:block;border:0" alt=""></a>'
            )
        blocks.append(f'<div class="text" style="font:16px/24px Georgia">{escape(text)}</div>')
        if place and place <= len(body.buttons):
            name, address = body.buttons[place - 1]
            blocks.append(f'<a class="button" href="{address}">{escape(name)}</a>')
    blocks.append(body.drawing)
    blocks += [
        f'<a class="button" href="{address}">{escape(name)}</a>'
        for name, address in body.buttons[len(body.paragraphs) :]
    ]
    tables = "".join(
        '<table role="presentation" width="100%" class="block"><tbody>'
        f'<tr><td class="cell">{one}</td></tr></tbody></table>'
        for one in blocks
        if one
    )
    links = " &middot; ".join(f'<a href="{address}">{escape(text)}</a>' for text, address in body.extra_links)
    small = "<br>".join(map(escape, (*body.closing, *body.footer)))
    rules = "".join(
        f".c{chance.randint(1, 99)}{{padding:{chance.randint(0, 40)}px;color:#{chance.getrandbits(24):06x}}}"
        for _ in range(chance.randint(10, 80))
    )
    pixel = f'<img src="{body.pictures[-1]}?open=1" width="1" height="1" alt="">' if body.pictures else ""
    return (
        f'<!DOCTYPE html><html lang="x"><head><meta charset="utf-8"><style>{rules}'
        "@media only screen and (max-width:600px){.block{width:100%!important}}</style></head>"
        f'<body>{preview}<table width="100%" bgcolor="#eeeeee"><tr><td align="center">'
        f'<table width="600"><tr><td>{tables}</td></tr>'
        f'<tr><td style="font-size:11px;color:#777">{links}<br>{small}</td></tr></table>'
        f"</td></tr></table>{pixel}</body></html>"
    )


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Names and values side by side."""
    inside = "".join(
        f'<tr><td style="padding:4px 12px"><b>{escape(name)}</b></td><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table>{inside}</table>"


def escape(text: str) -> str:
    """As HTML."""
    return html.escape(text, quote=False)


def _wrap(text: str) -> list[str]:
    return [text[start : start + 72] for start in range(0, len(text), 72)]
