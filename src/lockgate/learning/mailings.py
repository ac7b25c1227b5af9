"""The look of mail that systems send: cards made for Outlook, tickets, receipts, digests of a mailing service."""
# ruff: noqa: E501 - a line of HTML is easier to read in one piece

import random
from collections.abc import Callable

from lockgate.learning.layouts import Body, escape, table

KEPT_BACK = ("columns", "receipt")
"""Layouts that no training sees."""
_PADDING = "&zwnj;&nbsp;" * 24 + "&#847; &#8199; " * 12


def card(body: Body, chance: random.Random) -> str:
    """A card with a preview line, remarks for Outlook, a button of two kinds, a dark mode."""
    colour = f"#{chance.getrandbits(24):06x}"
    preview = escape((body.paragraphs or [body.greeting])[0][:110])
    inside = _text(body, '<p style="margin:0;padding-bottom:16px;line-height:24px">{}</p>')
    for text, address in body.buttons:
        inside += (
            f'<!--[if mso]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" href="{address}" fillcolor="{colour}">'
            f"<center>{escape(text)}</center></v:roundrect><![endif]-->"
            f'<!--[if !mso]><!--><a href="{address}" target="_blank" style="background:{colour};color:#ffffff;'
            f'padding:14px 26px;text-decoration:none;display:inline-block">{escape(text)}</a><!--<![endif]-->'
        )
    logo = (
        f'<img src="{body.pictures[0]}" alt="" width="132" border="0" style="display:block">' if body.pictures else ""
    )
    return (
        '<!doctype html><html lang="en" xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark"><!--[if mso]><noscript><xml><o:OfficeDocumentSettings>'
        "<o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml></noscript><![endif]-->"
        "<style>@media (prefers-color-scheme:dark){.bg{background:#111!important}}@media (max-width:640px){.w{width:100%!important}}"
        "</style></head>"
        f'<body class="bg" style="margin:0"><div style="display:none;max-height:0;overflow:hidden">{preview}{_PADDING}</div>'
        '<table role="presentation" width="100%"><tr><td align="center"><!--[if mso]><table width="600"><tr><td><![endif]-->'
        f'<table role="presentation" class="w" width="600"><tr><td style="padding:28px">{logo}</td></tr>'
        f'<tr><td style="padding:0 28px">{_banner(body)}{inside}</td></tr><tr><td style="padding:28px;font-size:12px;color:#6b6b6b">'
        f"{_foot(body)}</td></tr></table><!--[if mso]></td></tr></table><![endif]--></td></tr></table></body></html>"
    )


def ticket(body: Body, chance: random.Random) -> str:
    """A help desk's message: a line to answer above, what was said, who said it."""
    line = chance.choice(
        ("##- Please type your reply above this line -##", "--- Reply above this line ---", "##-  -##")
    )
    inside = _text(body, '<p dir="auto">{}</p>')
    inside += "".join(f'<p><a href="{address}">{escape(text)}</a></p>' for text, address in body.buttons)
    name = escape(body.closing[-1] if body.closing else "")
    return (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><style type="text/css">'
        "table td{border-collapse:collapse}.directional_text_wrapper{direction:ltr}</style></head>"
        f'<body><div style="color:#b5b5b5">{escape(line)}</div>{_banner(body)}'
        f'<div class="comment"><table><tr><td><strong>{name}</strong></td></tr><tr><td class="zd-comment">{inside}</td></tr></table></div>'
        f'<div class="footer" style="color:#aaa;font-size:12px">{_foot(body)} [{chance.getrandbits(30):08X}-{chance.getrandbits(16):04X}]</div></body></html>'
    )


def modern(body: Body, chance: random.Random) -> str:
    """Few boxes, much space, as young firms like it."""
    inside = _text(body, '<div style="font-size:15px;line-height:1.6;margin-bottom:18px">{}</div>')
    inside += "".join(
        f'<div><a href="{address}" style="border:1px solid #ddd;border-radius:8px;padding:10px 18px">{escape(text)}</a></div>'
        for text, address in body.buttons
    )
    logo = f'<img src="{body.pictures[0]}" height="28" alt="">' if body.pictures else ""
    return (
        '<!DOCTYPE html><html><head><meta name="viewport" content="width=device-width"></head>'
        f'<body style="background:#fff;font-family:-apple-system,Segoe UI,Roboto"><div style="max-width:{chance.choice((480, 560, 640))}px;margin:0 auto">'
        f"{logo}{_banner(body)}{inside}<hr><div>{_foot(body)}</div></div></body></html>"
    )


def stories(body: Body, chance: random.Random) -> str:
    """A digest: every paragraph a story with a headline, a picture and a link of its own, and a long foot."""
    host = (body.extra_links or body.buttons or [("", "https://www.northwind.example/")])[0][1]
    blocks = []
    for text in body.paragraphs:
        address = f"{host.rstrip('/')}/s/{chance.getrandbits(60):x}"
        head = escape(" ".join(text.split()[:7]) if " " in text else text[:16])
        shown = f'<img src="{chance.choice(body.pictures)}" width="270" alt="">' if body.pictures else ""
        blocks.append(
            f'<table class="story" width="100%"><tr><td width="280"><a href="{address}">{shown}</a></td><td><h2><a href="{address}">{head}</a>'
            f"</h2><p>{escape(text)}</p></td></tr></table>"
        )
    blocks += [f'<p><a class="cta" href="{address}">{escape(text)}</a></p>' for text, address in body.buttons]
    rules = "".join(f".s{place}{{padding:{chance.randint(0, 30)}px}}" for place in range(chance.randint(20, 90)))
    return (
        f'<html><head><meta charset="utf-8"><style>{rules}</style></head><body><center><div style="display:none">{_PADDING}</div>'
        f'<table width="640"><tr><td>{_banner(body)}{escape(body.greeting)}{"".join(blocks)}</td></tr><tr><td class="foot">{_foot(body)}</td></tr></table>'
        "</center></body></html>"
    )


def columns(body: Body, chance: random.Random) -> str:
    """Columns of a template language for mail."""
    inside = _text(body, '<div style="font-family:Ubuntu,Helvetica;font-size:13px;text-align:left">{}</div>')
    inside += "".join(
        f'<table class="btn"><tr><td bgcolor="#414141" role="presentation"><a href="{address}" style="display:inline-block;padding:10px 25px">{escape(text)}</a></td></tr></table>'
        for text, address in body.buttons
    )
    shown = "".join(
        f'<div class="mj-column-per-33"><img src="{one}" width="180" alt=""></div>' for one in body.pictures[:3]
    )
    return (
        '<!doctype html><html xmlns="http://www.w3.org/1999/xhtml"><head><style type="text/css">#outlook a{padding:0}'
        ".mj-column-per-100{width:100%!important}</style></head>"
        f'<body style="word-spacing:normal"><div style="background:#fafafa"><div class="mj-column-per-100">{_banner(body)}{shown}{inside}</div>'
        f'<div class="mj-column-per-100" style="font-size:{chance.choice((10, 11))}px">{_foot(body)}</div></div></body></html>'
    )


def receipt(body: Body, chance: random.Random) -> str:
    """Lines in type of one width, as tills and old systems print them."""
    lines = [body.greeting, *body.paragraphs, *(f"{name:.<28}{value}" for name, value in body.rows)]
    links = "<br>".join(f'<a href="{address}">{escape(text)}</a>' for text, address in body.buttons)
    return (
        f'<html><body bgcolor="#FFFFFF">{_banner(body)}<table border="{chance.choice((0, 1))}" cellpadding="6"><tr><td><pre style="white-space:pre-wrap">'
        f"{escape(chr(10).join(lines))}</pre></td></tr><tr><td>{links}</td></tr><tr><td><small>{_foot(body)}</small></td></tr></table></body></html>"
    )


LAYOUTS: dict[str, Callable[[Body, random.Random], str]] = {
    "card": card, "ticket": ticket, "modern": modern, "stories": stories, "columns": columns, "receipt": receipt,
}  # fmt: skip


def _text(body: Body, around: str) -> str:
    said = "".join(around.format(escape(text)) for text in (body.greeting, *body.paragraphs) if text)
    return said + (table(body.rows) if body.rows else "") + body.drawing


def _foot(body: Body) -> str:
    links = " | ".join(f'<a href="{address}">{escape(text)}</a>' for text, address in body.extra_links)
    return "<br>".join([*map(escape, (*body.closing, *body.signature, *body.footer)), links])


def _banner(body: Body) -> str:
    return f'<div style="background:#fdf2d0;padding:4px">{escape(body.banner)}</div>' if body.banner else ""
