"""The sender's name is that of a department of ours, and the address is outside.

Why it matters: "Contoso IT" or "Contoso Human Resources" is enough of a sender for most readers; the pages behind it
ask for the password of the organisation.
Known false positives: outside services that write for a department (their name says `via`, or add them to the
protected domains).
References: MITRE ATT&CK T1656, T1566.002.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers, listed
from lockgate.detection.organisations import label
from lockgate.detection.text import name_words
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, ProtectedIdentities, SenderAuthentication
from lockgate.model.findings import Category, Evidence

SHORTEST = 4
_MORE = (
    "it edv si rrhh kadr informatique informatica soporte sistemas assistenza helpline webmail mailserver voicemail "
    "scanner teams notification department dept abteilung dział dzial avdelning oddeleni reparto departamento suporte "
    "desk team ceo cfo chef direktion vorstand office secretary sekretariat"
)
_FOR_CUSTOMERS = (  # services put their customer's name before what is theirs
    "service services servicio servizi dienste kundenservice kundendienst klantenservice kundtjanst kundeservice "
    "billing facturacion facturation fatturazione facturatie faturacao faturamento fakturace fakturor rechnung "
    "faktura factura customer customers client clients cliente clienti klient kunden zakaznik online web app my"
)
_DEPARTMENTS = (listed("purpose_words") | frozenset(_MORE.split(" "))) - frozenset(_FOR_CUSTOMERS.split(" "))
_VIA = re.compile(r"\b(?:via|über|door|tramite|through)\b", re.IGNORECASE)


@lru_cache(maxsize=256)
def _names(domains: frozenset[str]) -> dict[str, str]:
    """What an organisation's domains are called, with the domain."""
    return {label(domain): domain for domain in sorted(domains) if len(label(domain)) >= SHORTEST}


@detector("impersonation.own-organisation", Category.PHISHING, weight=2.2, direction=Direction.INBOUND)
def own_organisation(
    content: Content,
    origin: Origin,
    identities: ProtectedIdentities | None,
    authentication: SenderAuthentication | None,
) -> Iterator[Outcome]:
    ours = _names(origin.internal_domains)
    for author in content.authors:
        inside = origin.is_internal(author.domain) or (identities is not None and author.domain in identities.domains)
        if inside or content.is_discussion or _VIA.search(author.display_name):
            continue
        words = name_words(author.display_name.replace("-", " ").replace(".", " "))
        named = next((name for name in ours if name in words), "")
        as_domain = bool(named) and ours[named] in author.display_name.lower()
        free = covers("free_mail", author.domain)  # no department of ours writes from there
        nothing_else = free and words - {named} <= listed("firm_words")
        if not named or not (words & _DEPARTMENTS or as_domain or nothing_else):
            continue
        shown = authentication is not None and authentication.dmarc == "pass"
        strength = 1.8 if free else 0.8 if shown else 1.5 if as_domain else 1.0
        evidence = (Evidence("header From", f"{author.display_name} <{author.address}>"),)
        explanation = f"the sender is called {author.display_name} and writes from {author.domain or 'no domain'}"
        yield Found(explanation, evidence, strength, ("impersonation:own-organisation",))
