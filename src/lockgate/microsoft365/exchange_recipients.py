"""Recipients that Graph does not tell of: mail contacts, and dynamic distribution groups with whom they reach now.

Rule: read as a whole and replaced as a whole, in one unit; who may not read recipients (a narrow role) keeps what was
known. Contacts are in Graph too, but behind a further permission that nothing else needs (microsoft-365.md §2.2).
"""

import asyncio
from dataclasses import dataclass

from lockgate.microsoft365.exchange_client import ExchangeClient, Json
from lockgate.microsoft365.exchange_errors import AccessDenied, NotFound
from lockgate.model.directory import CONTACT, DYNAMIC_GROUP, DirectoryGroup, DirectoryUser
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.unit_of_work import Database

CMDLETS = ("Get-MailContact", "Get-DynamicDistributionGroup", "Get-DynamicDistributionGroupMember")
MAY_NOT = "not read: the application may not see recipients in Exchange (View-Only Recipients)"


@dataclass(frozen=True, slots=True)
class ExchangeRecipients:
    """One tenant's."""

    exchange: ExchangeClient
    database: Database
    tenant_id: str

    async def read(self) -> str:
        """Bring both up to date; says how many there are."""
        if (allowed := await self.exchange.allowed()) and not allowed.issuperset(CMDLETS):
            return MAY_NOT
        try:
            contacts = [_contact(one) for one in await self.exchange.run("Get-MailContact", ResultSize="Unlimited")]
            listed = await self.exchange.run("Get-DynamicDistributionGroup", ResultSize="Unlimited")
            groups = [await self._group(one) for one in listed]
        except AccessDenied:
            return MAY_NOT
        found = [one for one in groups if one is not None]
        await asyncio.to_thread(self._write, contacts, found)
        return f"{len(contacts)} contacts, {len(found)} dynamic groups"

    async def _group(self, item: Json) -> DirectoryGroup | None:
        name = str(item.get("DisplayName") or item.get("Name") or "")
        try:
            members = await self.exchange.run(
                "Get-DynamicDistributionGroupMember", Identity=_id(item), ResultSize="Unlimited"
            )
        except NotFound:  # it was removed while we were reading
            return None
        mail = str(item.get("PrimarySmtpAddress") or "").lower()
        return DirectoryGroup(_id(item), name, mail, DYNAMIC_GROUP, tuple(sorted({_id(one) for one in members})))

    def _write(self, contacts: list[DirectoryUser], groups: list[DirectoryGroup]) -> None:
        with self.database.write() as unit:
            DirectoryStore(unit, self.tenant_id).replace_from_exchange(contacts, groups)


def _contact(item: Json) -> DirectoryUser:
    proxies = [str(one) for one in item.get("EmailAddresses") or ()]
    smtp = [one[5:] for one in proxies if one.lower().startswith("smtp:")]
    outside = str(item.get("ExternalEmailAddress") or "")
    addresses = [str(item.get("PrimarySmtpAddress") or ""), *smtp, outside.lower().removeprefix("smtp:")]
    unique = tuple(dict.fromkeys(one.strip().lower() for one in addresses if one))
    name = str(item.get("DisplayName") or item.get("Name") or "")
    return DirectoryUser(_id(item), name, "", unique, enabled=False, mailbox_type=CONTACT)


def _id(item: Json) -> str:
    """The object's id in the directory, as memberships name it; Exchange's own where the directory has none."""
    return str(item.get("ExternalDirectoryObjectId") or item.get("Guid") or item.get("Identity") or "").lower()
