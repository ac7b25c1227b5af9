"""Secrets at rest."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lockgate.model.errors import ConfigurationError, PermanentError
from lockgate.storage.passwords import hash_password, is_outdated, matches
from lockgate.storage.vault import open_vault, rotate


def test_a_secret_comes_back_and_its_sealed_form_does_not_show_it(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "keys" / "master.key")
    sealed = vault.seal("s3cret-väl", "passage/a/inbound")
    assert "s3cret" not in sealed
    assert sealed != vault.seal("s3cret-väl", "passage/a/inbound")
    assert open_vault(tmp_path / "keys" / "master.key").unseal(sealed, "passage/a/inbound") == "s3cret-väl"


def test_a_sealed_secret_opens_only_where_it_belongs_and_unchanged(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "master.key")
    sealed = vault.seal("secret", "passage/a")
    changed = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    for text, context in ((sealed, "passage/b"), (changed, "passage/a"), ("nonsense", "passage/a"), ("v1:x:", "c")):
        with pytest.raises(PermanentError):
            vault.unseal(text, context)
    with pytest.raises(PermanentError, match="master key"):
        open_vault(tmp_path / "other.key").unseal(sealed, "passage/a")


def test_after_rotation_old_secrets_open_and_are_known_as_old(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    sealed = open_vault(file).seal("secret", "c")
    vault = rotate(file)
    assert vault.unseal(sealed, "c") == "secret"
    assert not vault.is_current(sealed)
    assert vault.is_current(vault.seal("secret", "c"))
    assert file.stat().st_mode & 0o777 == 0o600


def test_first_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(open_vault, [tmp_path / "master.key"] * 8))
    sealed = vaults[0].seal("secret", "c")
    assert {vault.unseal(sealed, "c") for vault in vaults} == {"secret"}
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


def test_a_key_that_others_may_read_or_that_is_damaged_stops_start_up(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    open_vault(file)
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        open_vault(file)
    file.chmod(0o600)
    for text in ("", "abc", "id:AAAA\n", "id:not base64!\n", "a:b:c\n"):
        file.write_text(text)
        with pytest.raises(ConfigurationError):
            open_vault(file)


def test_passwords_are_verified_and_an_unknown_account_never_matches() -> None:
    hashed = hash_password("correct horse")
    assert matches(hashed, "correct horse")
    assert not matches(hashed, "wrong")
    assert not matches(None, "nobody has this password")
    assert not matches("damaged", "correct horse")
    assert not is_outdated(hashed)
