"""Domains that say what they are for instead of whose they are, or put such a word behind a name.

`lists/purpose_words.txt` holds the words. A name that is lengthened by one is told apart from a name of several
words by who judges it: only he knows the message.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

from lockgate.detection.brands import all_brands, owned_domains
from lockgate.detection.lists import listed
from lockgate.detection.organisations import label, registered_domain
from lockgate.detection.resemblance import is_purpose

SHORTEST_BRAND = 4
_ENDINGS = (
    "payment payments pay billing invoice invoices invoicing remittance remit accounts receivable collections finance "
    "secure secured security verify verification login signin sso auth account support helpdesk desk alert alerts "
    "notice notification update access portal docs documents securemail rechnung rechnungen zahlung zahlungen "
    "buchhaltung konto sicherheit facture factures facturation paiement paiements comptabilite compte securite factura "
    "facturas facturacion pago pagos cobros cuenta seguridad fatture fattura pagamenti pagamento conto sicurezza "
    "fatura faturas pagamentos cobranca conta seguranca factuur facturen betaling betalingen rekening beveiliging "
    "faktura faktury platnosci konto bezpieczenstwo fakturor betalning sakerhet fakturace platby ucet bezpecnost"
)
ENDINGS = frozenset(_ENDINGS.split(" "))
"""Words of money and of access: what a borrowed name is lengthened by."""
_ALSO_WORDS = frozenset({"teams", "outlook", "office"})
"""Products that are words, too: they need more beside them."""
_OF_PRODUCTS = "office365 microsoft365 m365 o365 bankid onedrive sharepoint okta dhl dpd gls usps hmrc irs bpost zoom"
_PRODUCTS = _ALSO_WORDS | frozenset(_OF_PRODUCTS.split(" "))
_INSTITUTIONS = frozenset({"edu", "gov", "gouv", "gob", "govt", "mil"})
"""Suffixes that only schools and states get; as a word of a name anybody gets them."""
_OF_PROVIDERS = "gmx gmail yahoo hotmail aol icloud protonmail tutanota seznam wanadoo qqmail netease"
_PROVIDERS = frozenset(_OF_PROVIDERS.split(" "))
_OF_TRADES = (
    "online web app apps logistics freight express shipping courier delivery service services office centre center "
    "data cloud group police customs legal tax finance financial people workplace sales meeting calendar"
)
_TRADES = frozenset(_OF_TRADES.split(" "))
"""Firms in these trades are called so."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """How a domain says it, how much that tells (1 is much), and the letters of the name that it lengthens."""

    how: str
    strength: float
    lengthened: str = ""


NONE = Purpose("", 0.0)


@lru_cache(maxsize=16_384)
def purpose_of(domain: str) -> Purpose:
    """What a sender's or a link's domain says by itself; `NONE` for names and for what well-known brands own."""
    words = label(domain).split("-")
    if domain.endswith(".onmicrosoft.com"):
        return _tenant(domain)
    if len(words) < 2 or registered_domain(domain) in owned_domains():
        return NONE
    brands = [word for word in words if word in _brand_words() or word in _PRODUCTS]
    purposes = [word for word in words if word not in brands and is_purpose(word)]
    if brands and len(purposes) >= len(words) - len(brands) > 0:
        sure = len(purposes) > 1 or brands[0] not in _ALSO_WORDS
        return Purpose(f"puts the name of {brands[0]} beside '{'-'.join(purposes)}'", 2.2 if sure else 1.0)
    purposes = [word for word in words if is_purpose(word)]
    if len(purposes) > 1 and 3 * len(purposes) >= 2 * len(words) and not _TRADES.issuperset(purposes):
        return Purpose(f"is made of words of a purpose: {', '.join(purposes)}", 1.0)
    if words[-1] in ENDINGS:
        return Purpose(f"puts '{words[-1]}' behind a name", 1.0, "".join(words[:-1]))
    if words[-1] in _INSTITUTIONS:
        return Purpose(f"ends in '{words[-1]}' as if only institutions got it", 1.0)
    return NONE


def _tenant(domain: str) -> Purpose:
    """A Microsoft 365 tenant that has no domain of its own; the name of one that was made today ends in a number."""
    first = domain.removesuffix(".onmicrosoft.com").rpartition(".")[2]
    bare = first.rstrip("0123456789")
    fresh = len(first) - len(bare) >= 3 or is_purpose(bare)
    return Purpose("is a Microsoft 365 tenant without a domain of its own", 1.6 if fresh else 0.6)


@cache
def _brand_words() -> frozenset[str]:
    """Names of brands and of free providers that are one word and no ordinary one."""
    names = {name for brand in all_brands() if brand.distinctive for name in brand.names if len(name) >= SHORTEST_BRAND}
    names |= _PROVIDERS
    words = {name for name in names if name.isalnum() and not name.isdigit()}
    return frozenset(words - listed("ordinary_words") - listed("purpose_words"))
