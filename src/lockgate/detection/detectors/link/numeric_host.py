"""A link leads to a bare network address instead of a name.

Why it matters: organisations publish names; a number is a rented or broken-into machine. Hexadecimal, octal and
single-number forms are written only to deceive.
Known false positives: notices of devices and servers inside an organisation (private addresses are not counted).
References: WHATWG URL standard §3.5 (IPv4 parser); MITRE ATT&CK T1566.002.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.targets import address_of
from lockgate.model.findings import Category


@detector("link.numeric-host", Category.PHISHING, weight=2.5)
def numeric_host(content: Content) -> Iterator[Outcome]:
    for target in content.web_targets:
        address = address_of(target.host)
        if address is None or not address.is_global:
            continue
        disguised = str(address) != target.host
        yield Found(
            f"a link leads to the bare address {address}"
            + (", written to look like something else" if disguised else ""),
            (target.evidence,),
            1.5 if disguised else 1.0,
        )
