"""The example settings are settings: every key is known, and the documentation names what they name."""

import re
from pathlib import Path

from lockgate.microsoft365.permissions import PURPOSES
from lockgate.settings import read_settings

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
