"""Links of mail that comes late or to somebody else: released from quarantine, or given to a reviewer instead."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path

import pytest

from lockgate.bootstrap.click_time import click_links, link_keys
from lockgate.bootstrap.knowledge import own_knowledge
from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.bootstrap.quarantine import TenantDelivery, quarantine_service, released_links
from lockgate.mime.signed_links import SignedLink
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.policy import Action, ActionKind, ClickTime, Condition, Policy, PolicySet, Rule, Targets
from lockgate.model.trace import Step
from lockgate.quarantine.release import Releases, Tried
from lockgate.settings import Settings
from lockgate.storage.audit import Author
from lockgate.storage.held_messages import HeldItem
from tests.lockgate.smtp.rough_server import Manners, rough_server
from tests.scenarios.front_door import CONTOSO, GATEWAY, FrontDoor, TwoTenants, open_front_door

pytestmark = pytest.mark.scenario
TOM, LENA, MARA, NILS, REVIEWER = (f"{name}@contoso.example" for name in ("tom", "lena", "mara", "nils", "reviewer"))
SERVICE = "https://links.contoso.example"
OURS = re.compile(re.escape(SERVICE) + r"/l/([A-Za-z0-9_-]+)")
BODY = (
    '<p><a href="https://outside.example/a?x=1&amp;y=2">minutes</a> <a href="https://excepted.example/">known</a></p>'
)
PGP = "-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nhttps://outside.example/a"


class HoldingAndRedirecting:
    """Implements `ports.Policies`: some people's mail is held, others' goes to a reviewer; links are protected."""

    def current(self, tenant_id: str, direction: Direction) -> PolicySet:
        def policy(name: str, people: tuple[str, ...], action: Action) -> Policy:
            rule = Rule(name, Condition(minimum_score=0.0), (action,))
            links = ClickTime(plain_text=True, except_domains=("excepted.example",))
            return Policy(name, 1, name, direction, 1, True, False, Targets(users=people), (rule,), click_time=links)

        hold = policy("hold", (TOM, LENA), Action(ActionKind.QUARANTINE))
        redirect = policy("redirect", (MARA, NILS), Action(ActionKind.CHANGE_RECIPIENT, REVIEWER))
        return PolicySet(tenant_id, direction, (hold, redirect))


@dataclass
class Asked:
    """Implements `quarantine.ports.Starts`: the test does what the workflow would."""

    claims: list[str] = field(default_factory=list)

    def start(self, workflow: str, workflow_id: str, *arguments: str) -> None:
        self.claims.append(arguments[-1])


@asynccontextmanager
async def protecting(folder: Path) -> AsyncIterator[tuple[Parts, FrontDoor, Manners, Releases]]:
    """The gateway with its next hop, and the release of what it held over the same database."""
    section = {"public_url": SERVICE}
    with open_parts(Settings.model_validate({"data_directory": folder, "click_time": section})) as parts:
        links = click_links(parts, own_knowledge(parts))
        assert links is not None
        async with open_front_door(folder, policies=HoldingAndRedirecting(), click_links=links) as door:
            manners = Manners(tls=door.certificates.next_hop_context)
            async with rough_server(manners) as hop:
                door.use(hop)
                released = released_links(parts, links)
                delivery = TenantDelivery(TwoTenants(), door.relay, GATEWAY, system_clock, links=released)
                yield parts, door, manners, Releases(parts.database, parts.blobs, system_clock, delivery)


def inbound(number: int, body: str, kind: str = "html") -> bytes:
    return (
        f"X-MS-Exchange-CrossTenant-Id: {CONTOSO.id}\r\nX-Lockgate-Route-In: contoso-route-in\r\n"
        f"X-MS-Exchange-CrossTenant-Network-Message-Id: network-{number}\r\n"
        f"From: Ann <ann@outside.example>\r\nTo: {TOM}\r\nSubject: Minutes {number}\r\nMIME-Version: 1.0\r\n"
        f"Message-ID: <{number}@outside.example>\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{body}\r\n"
    ).encode()


def body_of(content: bytes) -> str:
    payload = message_from_bytes(content.removesuffix(b".\r\n")).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().strip()


def signed_in(parts: Parts, body: str) -> list[SignedLink]:
    """What the links of ours in a body say."""
    read = [link_keys(parts.settings)().read(token) for token in OURS.findall(body)]
    assert None not in read
    return [one for one in read if one is not None]


async def hold(door: FrontDoor, content: bytes, number: int) -> HeldItem:
    assert (await door.send(content, [TOM, LENA])).code == 250
    (trace,) = door.traces(message_id=f"network-{number}")
    (item,) = door.held(trace.id)
    assert set(item.in_state(State.QUARANTINED)) == {TOM, LENA}
    return item


async def release(parts: Parts, releases: Releases, item: HeldItem) -> Tried:
    """Released by an administrator; people and reviewers come to the same service."""
    asked = Asked()
    released = await quarantine_service(parts, asked).release(item.held.id, None, Author("ada", system_clock()))
    assert set(released) == {TOM, LENA}
    return await releases.attempt(item.held.id, asked.claims[0])


async def test_released_mail_has_its_links_protected_once_for_each_reader_and_signed_mail_stays_as_it_came(
    tmp_path: Path,
) -> None:
    async with protecting(tmp_path) as (parts, door, manners, releases):
        item = await hold(door, inbound(1, BODY), 1)
        assert not manners.contents
        assert await release(parts, releases, item) is Tried.DONE
        copies = [body_of(one) for one in manners.contents]
        assert len(copies) == 2
        links = [signed_in(parts, copy) for copy in copies]
        assert [[one.address for one in each] for each in links] == [["https://outside.example/a?x=1&y=2"]] * 2
        assert all('href="https://excepted.example/"' in copy for copy in copies)
        keys, (trace,) = link_keys(parts.settings)(), door.traces(message_id="network-1")
        readers = {one.reader for each in links for one in each}
        assert readers == {keys.reader(CONTOSO.id, TOM), keys.reader(CONTOSO.id, LENA)}
        assert {one.message_id for each in links for one in each} == {trace.id}
        told = {event.rcpt_to for event in trace.events if event.step is Step.CHANGED and "1 links" in event.detail}
        assert told == {TOM, LENA}

        again = await hold(door, inbound(2, copies[0]), 2)
        assert await release(parts, releases, again) is Tried.DONE
        assert [body_of(one) for one in manners.contents[2:]] == [copies[0]], "links of ours are not replaced again"

        signed = await hold(door, inbound(3, PGP, "plain"), 3)
        assert await release(parts, releases, signed) is Tried.DONE
        assert [body_of(one) for one in manners.contents[3:]] == [PGP]
        (trace,) = door.traces(message_id="network-3")
        assert any("no link replaced: it is signed" in event.detail for event in trace.events)

        await given_to_a_reviewer(parts, door, manners)


async def given_to_a_reviewer(parts: Parts, door: FrontDoor, manners: Manners) -> None:
    """Instead of two people: one copy, whose links are protected."""
    before = len(manners.contents)
    assert (await door.send(inbound(4, BODY), [MARA, NILS])).code == 250
    (copy,) = manners.contents[before:]
    (link,) = signed_in(parts, body_of(copy))
    assert link.reader == link_keys(parts.settings)().reader(CONTOSO.id, REVIEWER)
    (trace,) = door.traces(message_id="network-4")
    assert all("Links judged again when followed: 1" in one.explanation for one in trace.recipients)
