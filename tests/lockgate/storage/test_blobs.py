"""Content: a folder and an object store keep the same promises."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from lockgate.model.errors import ConfigurationError, PermanentError, TemporaryError
from lockgate.storage.blobs import KEY, Blobs, FolderBlobs, ObjectStoreBlobs, open_blobs

NOW = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
FUTURE = datetime(2200, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["folder", "object store"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return open_blobs(f"file://{tmp_path}/blobs")
    return ObjectStoreBlobs(MemoryStore())


def test_content_comes_back_until_it_is_deleted(blobs: Blobs) -> None:
    key = blobs.put([b"a\x00", b"", b"\xff" * 70_000], NOW)
    assert KEY.fullmatch(key)
    assert key.startswith("2026/03/02/")
    assert blobs.get(key) == b"a\x00" + b"\xff" * 70_000
    blobs.delete(key)
    blobs.delete(key)
    with pytest.raises(PermanentError, match="gone"):
        blobs.get(key)


def test_equal_content_has_keys_of_its_own(blobs: Blobs) -> None:
    assert blobs.put([b"x"], NOW) != blobs.put([b"x"], NOW)


def test_what_is_older_is_listed(blobs: Blobs) -> None:
    keys = {blobs.put([b"x"], NOW) for _ in range(3)}
    assert set(blobs.older_than(FUTURE)) == keys
    assert set(blobs.older_than(NOW - timedelta(days=36_500))) == set()


def test_a_key_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    blobs = FolderBlobs(tmp_path / "blobs")
    for key in ("../secret", "/etc/passwd", "2026/03/02/../../../../secret", ""):
        with pytest.raises(PermanentError):
            blobs.get(key)
        with pytest.raises(PermanentError):
            blobs.delete(key)


def test_a_draft_of_a_crashed_writer_is_listed_and_can_be_deleted(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    key = blobs.put([b"x"], NOW)
    draft = tmp_path / f"{key}.draft"
    draft.write_bytes(b"half")
    assert set(blobs.older_than(FUTURE)) == {key, f"{key}.draft"}
    blobs.delete(f"{key}.draft")
    assert not draft.exists()


def test_a_full_disk_is_temporary_and_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = FolderBlobs(tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TemporaryError, match="No space left"):
        blobs.put([b"x"], NOW)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_address_that_is_no_store_is_explained() -> None:
    for url in ("nonsense://x", "s3://"):
        with pytest.raises(ConfigurationError, match="blob_url"):
            open_blobs(url)
