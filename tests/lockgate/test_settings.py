"""Start-up settings: precedence, unknown keys, origins."""

from pathlib import Path

import pytest

from lockgate.model.errors import ConfigurationError
from lockgate.settings import read_settings, with_origins


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "lockgate.toml"
    file.write_text('[gateway]\nport = 2525\nhostname = "gw.example"\n')
    settings, origins = with_origins(file, {"LOCKGATE_GATEWAY__PORT": "2626"})
    assert settings.gateway.port == 2626
    assert settings.gateway.hostname == "gw.example"
    assert origins == {"gateway.port": "environment", "gateway.hostname": str(file)}


def test_an_unknown_key_stops_start_up_and_is_named(tmp_path: Path) -> None:
    file = tmp_path / "lockgate.toml"
    file.write_text("[gateway]\nprot = 2525\n")
    with pytest.raises(ConfigurationError, match=r"gateway\.prot"):
        read_settings(file, {})


def test_an_unknown_environment_variable_stops_start_up() -> None:
    with pytest.raises(ConfigurationError, match="nonsense"):
        read_settings(None, {"LOCKGATE_NONSENSE": "1"})


def test_a_wrong_type_names_the_setting() -> None:
    with pytest.raises(ConfigurationError, match=r"gateway\.port"):
        read_settings(None, {"LOCKGATE_GATEWAY__PORT": "many"})


def test_an_unreadable_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_settings(tmp_path / "missing.toml", {})


def test_lists_come_from_the_environment_with_commas() -> None:
    settings = read_settings(None, {"LOCKGATE_NAMESERVERS": "127.0.0.1:8053,127.0.0.2"})
    assert settings.nameservers == ("127.0.0.1:8053", "127.0.0.2")


def test_the_arc_seal_is_set_completely_or_not_at_all() -> None:
    assert read_settings(None, {}).arc.key is None
    complete = {"LOCKGATE_ARC__DOMAIN": "gw.example", "LOCKGATE_ARC__SELECTOR": "s1", "LOCKGATE_ARC__KEY": "/arc.key"}
    assert read_settings(None, complete).arc.key == Path("/arc.key")
    with pytest.raises(ConfigurationError, match="together or not at all"):
        read_settings(None, {"LOCKGATE_ARC__DOMAIN": "gw.example"})
