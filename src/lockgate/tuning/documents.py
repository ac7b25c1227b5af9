"""An organisation's tuning as a settings document: checked before it is kept, every version stays."""

from pydantic import TypeAdapter, ValidationError

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.correlation.own_rules import PREFIX, problems
from lockgate.model.errors import InvalidInput
from lockgate.model.tuning import Tuning
from lockgate.storage.audit import Author, Document
from lockgate.storage.settings_store import SettingsStore, SettingsVersion
from lockgate.storage.unit_of_work import Database

HEAVIEST = 20.0
_TUNING: TypeAdapter[Tuning] = TypeAdapter(Tuning)


def document_name(tenant_id: str) -> str:
    """The settings document of an organisation's tuning."""
    return f"tuning:{tenant_id}"


def to_document(tuning: Tuning) -> Document:
    """What is kept; the version is the settings document's own."""
    document: dict[str, object] = _TUNING.dump_python(tuning, mode="json")
    document.pop("tuning_version")
    return document


def from_document(document: Document, version: int) -> Tuning:
    """The tuning in a document. Raises InvalidInput with what is wrong, one line for each mistake."""
    unknown = sorted(set(document) - set(Tuning.__slots__))
    if unknown:
        raise InvalidInput(f"A tuning has no '{unknown[0]}'; it has weights, maturities, signals and rules.")
    try:
        tuning = _TUNING.validate_python({**document, "tuning_version": version})
    except ValidationError as error:
        said = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5]]
        raise InvalidInput("The tuning cannot be read: " + "; ".join(said)) from error
    return tuning


def checked(tuning: Tuning) -> Tuning:
    """The same tuning. Raises InvalidInput when an expression, an id or a weight is of no use."""
    known = {detector.id for detector in default_catalogue().detectors}
    wrong = problems(tuning)
    wrong += [f"No detector is called '{one}'." for one in sorted({*tuning.weights, *tuning.maturities} - known)]
    wrong += [
        f"The weight of {one} is beyond {HEAVIEST:.0f}." for one, w in tuning.weights.items() if abs(w) > HEAVIEST
    ]
    if wrong:
        raise InvalidInput("\n".join(wrong))
    return tuning


def saved_tuning(database: Database, tenant_id: str) -> Tuning:
    """What is in force; an empty tuning of version 0 when nothing was ever saved."""
    with database.read() as unit:
        saved = SettingsStore(unit).get(document_name(tenant_id))
    return from_document(saved.document, saved.version) if saved else Tuning(0)


def save_tuning(database: Database, tenant_id: str, changed: Tuning, author: Author) -> SettingsVersion:
    """Keep a new version, made from version `changed.tuning_version`; in force within a second.

    Raises InvalidInput for a tuning of no use, and when somebody else has saved a newer one.
    """
    document = to_document(checked(changed))
    with database.write() as unit:
        return SettingsStore(unit).save(document_name(tenant_id), document, author, seen=changed.tuning_version)


def finding_id(rule_id: str) -> str:
    """How a rule's findings are called."""
    return PREFIX + rule_id
