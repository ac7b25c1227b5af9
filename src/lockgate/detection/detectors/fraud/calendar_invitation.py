"""A calendar invitation brings a lure: a link or a telephone number, from somebody other than who seems to invite.

Why it matters: calendars enter invitations by themselves and remind of them, so the lure outlives the mail in the
junk folder.
Known false positives: invitations sent by a planning service for somebody else, and by assistants.
References: RFC 5546; RFC 6047; MITRE ATT&CK T1566.
"""

from collections.abc import Iterator

from lockgate.detection import topics
from lockgate.detection.brands import named_in, owns
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.invitations import Invitation, invitations
from lockgate.detection.lists import covers
from lockgate.detection.organisations import same_organisation
from lockgate.detection.telephone import number_in
from lockgate.detection.text import plain
from lockgate.model.envelope import Direction, domain_of
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import LinkSource, Message

_LURES = ("credential", "account-threat", "callback", "crypto-lure", "prize-lure", "document-share", "delivery-fee",
          "payroll-change", "advance-fee")  # fmt: skip


@detector("fraud.calendar-invitation", Category.FRAUD, weight=1.8, direction=Direction.INBOUND)
def calendar_invitation(
    message: Message, content: Content, origin: Origin, history: SenderHistory | None
) -> Iterator[Outcome]:
    author = content.header_from
    if origin.is_internal(author.domain) or content.is_discussion or (history is not None and history.known):
        return
    for invitation in invitations(message.parts):
        words = plain(invitation.text)
        said = [mention for name, found in topics.mentions(words).items() if name in _LURES for mention in found]
        leads = _leads(invitation, content)
        if not said or not leads:
            continue
        organiser = domain_of(invitation.organiser)
        other = bool(organiser) and not same_organisation(organiser, author.domain)
        brand = named_in(words[:2_000])
        borrowed = brand is not None and not owns(brand, author.domain)
        strength = 0.5 + 0.2 * min(len(said) - 1, 2) + (0.5 if other else 0.0) + (0.4 if borrowed else 0.0)
        strength += 0.3 if covers("free_mail", author.domain) else 0.0
        by = f" in the name of {invitation.organiser}" if other else ""
        evidence = (Evidence(f"part {invitation.path}", invitation.text), Evidence("calendar", leads))
        yield Found(f"an invitation{by} says '{said[0].phrase}' and gives {leads}", evidence, round(strength, 2))


def _leads(invitation: Invitation, content: Content) -> str:
    """A link that leads neither to the author nor to the organiser, else a telephone number."""
    homes = (content.header_from.domain, domain_of(invitation.organiser))
    for target in content.web_targets:
        strange = not any(home and same_organisation(target.host, home) for home in homes)
        if target.link.source is LinkSource.CALENDAR and strange:
            return target.url
    return number_in(invitation.text)
