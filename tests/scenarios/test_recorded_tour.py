"""What one tour through a tenant's life shows: the page of requests is true, each asks for no more than its step
declares, and once the access is revoked the tenant is byte for byte as it was, but for what the plan says.
"""

import ast
from pathlib import Path

import pytest

import lockgate.microsoft365 as microsoft365
from lockgate.microsoft365.exchange_roles import NEEDED, role_for
from lockgate.microsoft365.permissions import PURPOSES
from lockgate.microsoft365.planner import IN_ENTRA
from lockgate.model.service_account import ConsentStep
from m365_simulator.exchange_admin.cmdlet_table import cmdlets as known_cmdlets
from m365_simulator.graph.endpoints import ENDPOINTS
from tests.scenarios.protected_tenant import HOST
from tests.scenarios.recorded_tour import Record, recorded
from tools.write_requests import FILE, cmdlets, document, kinds, ours, permission_of

pytestmark = pytest.mark.scenario
VERBS = ("Get-", "New-", "Set-", "Remove-", "Enable-", "Disable-", "Add-", "Update-")


@pytest.fixture(scope="module")
def record() -> Record:
    return recorded()


def test_the_page_of_requests_is_up_to_date(record: Record) -> None:
    assert FILE.read_text(encoding="utf-8") == document(record.calls, record.steps), "run `make docs`"


def test_each_request_needs_a_permission_of_its_step_and_none_is_declared_in_vain(record: Record) -> None:
    used = {(one.step, permission_of(one), one.request) for one in kinds(record.calls, record.steps)}
    declared = {
        (step, permission, request)
        for step, uses in PURPOSES.items()
        for permission, use in uses.items()
        for request in use.requests
    }
    assert used == declared


def test_graph_lets_each_declared_permission_do_what_it_is_for() -> None:
    opened = {(one.method, one.path): one.permissions for one in ENDPOINTS}
    for permission, use in PURPOSES[ConsentStep.DIRECTORY].items():
        for request in use.requests:
            method, _, path = request.partition(" ")
            [permissions] = {
                names for (verb, template), names in opened.items() if verb == method and _same(template, path)
            }
            assert permission in permissions, request


def _same(template: str, path: str) -> bool:
    mine, theirs = path.removeprefix("/v1.0").split("/"), template.split("/")
    return len(mine) == len(theirs) and all(
        one == other or (one[:1] == "{" and other[:1] == "{") for one, other in zip(mine, theirs, strict=True)
    )


def test_each_cmdlet_is_allowed_by_the_role_that_is_named_for_it(record: Record) -> None:
    for name in cmdlets(record.calls, record.steps):
        assert role_for(name) in known_cmdlets()[name.lower()].roles, name


def test_the_tour_has_sent_every_cmdlet_that_the_product_names(record: Record) -> None:
    named = {text for file in Path(microsoft365.__file__).parent.rglob("*.py") for text in _texts(file)}
    written = {one for one in named if one.startswith(VERBS) and one.replace("-", "").isalnum() and one not in VERBS}
    assert len(written) > 15
    assert written | set(NEEDED) <= set(cmdlets(record.calls, record.steps))


def _texts(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def test_nothing_was_refused_once_the_role_was_there(record: Record) -> None:
    answers = [(call["status"], call["target"]) for _, call in ours(record.calls, record.steps)]
    refused = [one for one in answers if one[0] in (401, 403)]
    assert all("#Get-AcceptedDomain" in target for _, target in refused), "only the question whether we are let in"


def test_revoking_returns_the_tenant_as_it_was_but_for_what_the_plan_says(record: Record) -> None:
    assert record.during.count("lockgate:") >= 9 and f"a.lists.example,{HOST}" in record.during
    assert '"MarkAsSpamSpfRecordHardFail": "Off"' in record.during and '"TNEFEnabled": false' in record.during
    [prepared, entra] = record.removal.stays
    assert "IsDehydrated was True" in prepared and entra == IN_ENTRA
    assert f"{len(record.removal.changes)} changes" in record.told and prepared in record.told
    assert record.after != record.before
    assert record.after.replace('"IsDehydrated": false', '"IsDehydrated": true') == record.before
