"""The sender's name is that of a protected person, and the address is not one of theirs.

Why it matters: mail clients on telephones show the name only; "from the chief executive" is all that this fraud needs.
Known false positives: people who write from a private address (add it to the person's addresses), namesakes (name
them as exceptions; docs/policies.md).
References: FBI IC3, "Business Email Compromise: The $55 Billion Scam"; MITRE ATT&CK T1656.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.text import name_words, skeleton
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, ProtectedIdentities
from lockgate.model.findings import Category, Evidence


@detector("impersonation.protected-person", Category.FRAUD, weight=3.5, direction=Direction.INBOUND)
def protected_person(content: Content, origin: Origin, identities: ProtectedIdentities) -> Iterator[Outcome]:
    for author in content.authors:
        if author.address.lower() in identities.exceptions:
            continue
        shown = author.display_name.partition("@")[0] if "@" in author.display_name else author.display_name
        words, bare = name_words(shown), skeleton(shown)
        for person in identities.people:
            wanted = name_words(person.display_name)
            if len(wanted) < 2 or author.address.lower() in person.addresses:
                continue
            if (
                wanted == words
                or (wanted <= words and len(words) <= len(wanted) + 2)
                or bare == skeleton(person.display_name)
            ):
                if origin.is_internal(author.domain):
                    continue
                evidence = (Evidence("header From", f"{author.display_name} <{author.address}>"),)
                asks = content.said("payment-request", "gift-card-request", "payroll-change", "availability-probe")
                explanation = f"the sender is called {person.display_name} and writes from {author.address}"
                # Lists write the poster's name before their own address; anybody can call himself a list.
                strength = (1.4 if asks else 1.0) * (0.5 if content.is_discussion else 1.0)
                yield Found(explanation, evidence, strength, ("impersonation:person",))
                break
