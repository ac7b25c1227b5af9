"""An organisation's own notifications, put together: who is who, who gathers, who writes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lockgate.bootstrap.parts import Parts, new_id
from lockgate.end_users.settings import settings_of
from lockgate.end_users.texts import language_of
from lockgate.model.end_user import Person
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.notifications.notices.gathering import Gathering
from lockgate.notifications.notices.letters import NoticeMail
from lockgate.notifications.notices.previews import Previews
from lockgate.notifications.ports import Home
from lockgate.notifications.writing import Writer
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.end_users import Choice, EndUsers
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.settings_store import SettingsCache
from lockgate.storage.unit_of_work import Unit
from lockgate.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class WhoIsWho:
    """Implements `notifications.ports.Knows` with the directory and what people have chosen."""

    vault: Vault
    console: str

    def organisations(self, unit: Unit) -> Sequence[str]:
        """See `Knows`."""
        return [one.tenant_id for one in self._accounts(unit) if one.status is not AccountStatus.REVOKED]

    def home(self, unit: Unit, tenant_id: str) -> Home:
        """See `Knows`."""
        name = next((one.tenant_name for one in self._accounts(unit) if one.tenant_id == tenant_id), "")
        settings, _ = settings_of(unit, tenant_id)
        own_page = f"{self.console}/mine" if settings.own_page else ""
        return Home(tenant_id, name or tenant_id, settings.zone, own_page)

    def languages(self, unit: Unit, tenant_id: str, addresses: Collection[str]) -> Mapping[str, str]:
        """See `Knows`."""
        owners = DirectoryStore(unit, tenant_id).owners(addresses)
        settings, _ = settings_of(unit, tenant_id)
        choices = EndUsers(unit, tenant_id).choices({one.id for one in owners.values()})
        found = {}
        for address, one in owners.items():
            person = Person(tenant_id, one.id, one.display_name, one.addresses, one.language)
            found[address] = language_of(person, choices.get(one.id, Choice()).language, settings.language)
        return found

    def _accounts(self, unit: Unit) -> list[ServiceAccount]:
        return [one for one in ServiceAccounts(unit, self.vault).all() if one.tenant_id]


@dataclass(frozen=True, slots=True)
class Notifying:
    """What waits in the trace becomes letters."""

    gathering: Gathering
    mail: NoticeMail

    def write_up(self) -> int:
        """Gather all there is, then write what is due; how many letters. Blocking; safe to repeat after a crash."""
        settings = self.gathering.settings()
        while self.gathering.gather(settings):
            pass
        return self.mail.write_up(settings)


def notifying(parts: Parts, writer: Writer) -> Notifying:
    """For the process that writes letters."""
    knows = WhoIsWho(parts.vault, writer.console)
    own_address = parts.settings.notifications.sender.lower()
    gathering = Gathering(parts.database, knows, parts.clock, own_address, SettingsCache(parts.database))
    return Notifying(gathering, NoticeMail(parts.database, knows, writer, parts.clock, new_id))


def previews(parts: Parts, writer: Writer) -> Previews:
    """How letters of notifications would look."""
    return Previews(parts.database, WhoIsWho(parts.vault, writer.console), writer, parts.clock, new_id)
