"""How an organisation's reports and letters look: a settings document, so every version is kept and audited.

Rule: without one of its own an organisation has the installation's, whose tenant id is empty.
"""

import base64
import re

from lockgate.model.errors import InvalidInput
from lockgate.model.report import Brand
from lockgate.storage.audit import Author
from lockgate.storage.settings_store import SettingsStore
from lockgate.storage.unit_of_work import Database, Unit

LONGEST_NAME = 100
LONGEST_SIGNATURE = 500
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def brand_of(unit: Unit, tenant_id: str) -> Brand:
    """The brand in force."""
    for name in dict.fromkeys((_document(tenant_id), _document(""))):
        saved = SettingsStore(unit).get(name)
        if saved is not None:
            found = saved.document
            logo = base64.b64decode(str(found["logo"]))
            return Brand(str(found["name"]), str(found["colour"]), logo, str(found["signature"]))
    return Brand()


def save_brand(database: Database, tenant_id: str, brand: Brand, author: Author) -> None:
    """Keep it. Raises InvalidInput for what cannot be. The logo has been through `logo.clean`."""
    name = " ".join(brand.name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInput(f"The name needs 1 to {LONGEST_NAME} characters.")
    if not COLOUR.fullmatch(brand.colour):
        raise InvalidInput("The colour is written like #0d9488.")
    signature = "\n".join(line.rstrip() for line in brand.signature.strip().splitlines())
    if len(signature) > LONGEST_SIGNATURE:
        raise InvalidInput(f"The signature may have {LONGEST_SIGNATURE} characters.")
    logo = base64.b64encode(brand.logo).decode()
    with database.write() as unit:
        store = SettingsStore(unit)
        seen = store.get(_document(tenant_id))
        document = {"name": name, "colour": brand.colour.lower(), "logo": logo, "signature": signature}
        store.save(_document(tenant_id), document, author, seen=seen.version if seen else 0)


def _document(tenant_id: str) -> str:
    return f"branding:{tenant_id}"
