"""Each cloud by name, host by host, as microsoft-365.md §1.1 has them; and what a wrong cloud is told."""

from pathlib import Path

import pytest

from lockgate.bootstrap.clouds import peer_names
from lockgate.microsoft365 import clouds
from lockgate.microsoft365.identity import Identity
from lockgate.microsoft365.refusals import refusal_of
from lockgate.model.errors import ConfigurationError
from lockgate.model.service_account import ConsentStep
from lockgate.model.tenant_care import TroubleCause
from lockgate.settings import read_settings

TABLE = {
    "global": (
        "login.microsoftonline.com", "graph.microsoft.com", "outlook.office365.com", "manage.office.com",
        "entra.microsoft.com", "mail.protection.outlook.com", "spf.protection.outlook.com", "Worldwide",
    ),
    "gcc": (
        "login.microsoftonline.com", "graph.microsoft.com", "outlook.office365.com", "manage-gcc.office.com",
        "entra.microsoft.com", "mail.protection.outlook.com", "spf.protection.outlook.com", "Worldwide",
    ),
    "gcc-high": (
        "login.microsoftonline.us", "graph.microsoft.us", "outlook.office365.us", "manage.office365.us",
        "entra.microsoft.us", "mail.protection.office365.us", "spf.protection.office365.us", "USGOVGCCHigh",
    ),
    "dod": (
        "login.microsoftonline.us", "dod-graph.microsoft.us", "outlook-dod.office365.us", "manage.protection.apps.mil",
        "entra.microsoft.us", "mail.protection.office365.us", "spf.protection.office365.us", "USGOVDoD",
    ),
    "china": (
        "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn", "outlook.office365.cn",
        "manage.office365.cn", "entra.microsoftonline.cn", "mail.protection.partner.outlook.cn",
        "spf.protection.partner.outlook.cn", "China",
    ),
}  # fmt: skip


def test_these_are_all_clouds() -> None:
    assert set(clouds.CLOUDS) == set(TABLE)
    with pytest.raises(ConfigurationError, match="global, gcc, gcc-high, dod, china or custom"):
        clouds.named("germany")


@pytest.mark.parametrize("name", TABLE)
def test_a_cloud_has_its_hosts_scopes_and_mail_names(name: str) -> None:
    login, graph, exchange, activity, portal, mail, sender_policy, endpoints = TABLE[name]
    cloud = clouds.named(name)
    hosts = (cloud.login, cloud.graph, cloud.exchange, cloud.activity, cloud.portal)
    assert hosts == tuple(f"https://{host}" for host in (login, graph, exchange, activity, portal))
    identity = Identity(cloud, {})
    assert identity.scope(ConsentStep.MAIL_FLOW) == f"https://{exchange}/.default"
    assert identity.scope(ConsentStep.DIRECTORY) == f"https://{graph}/.default"
    assert identity.scope(ConsentStep.ACTIVITY) == f"https://{activity}/.default"
    assert f"contoso-com.{mail}".endswith(cloud.mail.suffixes) and mail in cloud.mail.peer_names
    assert not "mail.protection.outlook.com.evil.example".endswith(cloud.mail.suffixes)
    assert (cloud.mail.sender_policy, cloud.mail.endpoints) == (sender_policy, endpoints)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", ("mail.protection.outlook.com",)),
        ('[microsoft365]\ncloud = "dod"\n', ("mail.protection.office365.us", "*.mail.protection.office365.us")),
        ('[microsoft365]\ncloud = "china"\n[gateway]\npeer_names = ["mail.corrected.cn"]\n', ("mail.corrected.cn",)),
    ],
)
def test_the_certificate_that_is_expected_of_exchange_is_that_of_the_cloud(
    tmp_path: Path, written: str, expected: tuple[str, ...]
) -> None:
    file = tmp_path / "lockgate.toml"
    file.write_text(written)
    assert peer_names(read_settings(file, {})) == expected


@pytest.mark.parametrize("code", [90038, 900382, 900432])
def test_a_wrong_cloud_is_explained(code: int) -> None:
    refused = refusal_of({"error": "invalid_request", "error_description": f"AADSTS{code}: Confidential Client ..."})
    assert refused.cause is TroubleCause.OTHER_CLOUD and not refused.may_pass
    assert "microsoft365.cloud" in str(refused) and "register the applications in that cloud" in str(refused)
