"""The example settings are settings: every key is known, and the documentation names what they name."""

import re
from pathlib import Path
from uuid import UUID

import yaml

from lockgate.microsoft365.permissions import PURPOSES
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.reporting.feeds.cef import cef_lines
from lockgate.settings import read_settings
from tests.contracts.records import a_trace

DOCS = Path(__file__).parents[2] / "docs"


def test_the_example_can_be_read_and_sets_what_a_start_needs() -> None:
    settings = read_settings(DOCS / "examples" / "lockgate.toml", {})
    assert settings.gateway.certificate and settings.gateway.key
    assert settings.microsoft365.source_addresses
    assert settings.microsoft365.mail_flow_app.client_id
    assert settings.arc.domain and settings.arc.selector and settings.arc.key
    assert settings.console.public_url.startswith("https://")


def test_the_feeds_of_the_guide_are_settings(tmp_path: Path) -> None:
    guide = (DOCS / "feeds.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "feeds.toml").write_text(example, encoding="utf-8")
    assert [one.kind for one in read_settings(tmp_path / "feeds.toml", {}).feeds] == ["syslog", "webhook"]


def test_the_guide_names_every_permission_that_is_asked_for() -> None:
    guide = (DOCS / "operations.md").read_text(encoding="utf-8")
    for purposes in PURPOSES.values():
        for permission in purposes:
            assert f"`{permission}`" in guide, permission


# What CEF fields are called in Sentinel's table (Microsoft: CEF and CommonSecurityLog field mapping).
COLUMNS = {
    "act": "DeviceAction", "suser": "SourceUserName", "duser": "DestinationUserName", "msg": "Message",
    "externalId": "ExtID", "cs1": "DeviceCustomString1", "cs2": "DeviceCustomString2", "cs3": "DeviceCustomString3",
    "cs4": "DeviceCustomString4", "cs5": "DeviceCustomString5", "cs6": "DeviceCustomString6", "src": "SourceIP",
}  # fmt: skip
RULE = {
    "id", "name", "description", "kind", "version", "status", "severity", "requiredDataConnectors", "queryFrequency",
    "queryPeriod", "triggerOperator", "triggerThreshold", "tactics", "relevantTechniques", "query", "entityMappings",
}  # fmt: skip


def test_the_rules_for_sentinel_ask_for_what_the_feed_sends() -> None:
    documents = list(yaml.safe_load_all((DOCS / "examples" / "sentinel-rules.yaml").read_text(encoding="utf-8")))
    assert len({UUID(one["id"]) for one in documents}) == len(documents) >= 3
    [line] = cef_lines(a_trace())
    sent = {COLUMNS[name] for name in re.findall(r"(?<= )(\w+)=", line.partition("|8|")[2]) if name in COLUMNS}
    values = {*Verdict, *State, "Lockgate"}
    for one in documents:
        assert set(one) == RULE, one["name"]
        query = one["query"]
        asked = set(
            re.findall(r"\b(?:Device(?:Action|Custom\w+)|(?:Source|Destination)UserName|Message|ExtID)\b", query)
        )
        assert asked and asked <= sent, one["name"]
        assert set(re.findall(r'"([^"]+)"', query)) <= values, one["name"]
        mapped = [field["columnName"] for entity in one["entityMappings"] for field in entity["fieldMappings"]]
        assert mapped and all(column in query for column in mapped), one["name"]
