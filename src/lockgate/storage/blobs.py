"""Message content: a local folder, or an object store (S3, Azure Blob) that several nodes share.

Rule: `put` returns when the content is durable, and it is written before the record that names it. What no record
names after a day was left by a crash; `orphans.py` deletes it. Keys are made here: date, digest, random.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from lockgate.model.errors import ConfigurationError, PermanentError, TemporaryError

KEY = re.compile(r"\d{4}/\d{2}/\d{2}/[0-9a-f]{32}-[0-9a-f]{8}")
DRAFT = ".draft"


class Blobs(Protocol):
    """Content by key. All methods block: call from a thread. They raise TemporaryError when the store is away."""

    def put(self, content: Sequence[bytes], at: datetime) -> str:
        """Write durably; the key. `at` is the present moment."""
        ...

    def get(self, key: str) -> bytes:
        """The content; raises PermanentError when it is not there."""
        ...

    def delete(self, key: str) -> None:
        """Delete; nothing happens when it is not there."""
        ...

    def older_than(self, moment: datetime) -> Iterator[str]:
        """Keys of everything that was written before `moment`, drafts of crashed writers too."""
        ...


def open_blobs(url: str) -> Blobs:
    """`url` is a folder (a path or `file:///...`), or `s3://bucket/prefix`, `az://account/container/prefix`.

    Credentials of an object store come from the environment, in the words of its own tools
    (https://developmentseed.org/obstore). Raises ConfigurationError for an address that is none of these.
    """
    if "://" not in url or url.startswith("file://"):
        return FolderBlobs(Path(url.removeprefix("file://")))
    try:
        return ObjectStoreBlobs(from_url(url))
    except (BaseError, ValueError) as error:
        raise ConfigurationError(f"blob_url cannot be used: {error}") from error


class FolderBlobs:
    """A folder. Written here and not through obstore, whose local store renames but does not sync to disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            _make_folder(folder)
        except OSError as error:
            raise ConfigurationError(f"blob_url: the folder {folder} cannot be used: {error}") from error

    def put(self, content: Sequence[bytes], at: datetime) -> str:
        """See `Blobs`: draft, sync, rename, sync the folder."""
        key = _new_key(content, at)
        path = self._folder / key
        draft = path.with_name(path.name + DRAFT)
        try:
            _make_folder(path.parent)
            with draft.open("xb") as file:
                file.writelines(content)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
            _sync(path.parent)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise TemporaryError(f"Content cannot be written: {error.strerror}") from error
        return key

    def get(self, key: str) -> bytes:
        """See `Blobs`."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise PermanentError("The content of this message is gone.") from None
        except OSError as error:
            raise TemporaryError(f"Content cannot be read: {error.strerror}") from error

    def delete(self, key: str) -> None:
        """See `Blobs`."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise TemporaryError(f"Content cannot be deleted: {error.strerror}") from error

    def older_than(self, moment: datetime) -> Iterator[str]:
        """See `Blobs`."""
        for path in self._folder.glob("*/*/*/*"):
            try:
                written = path.stat().st_mtime
            except FileNotFoundError:
                continue
            if written < moment.timestamp():
                yield path.relative_to(self._folder).as_posix()

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key.removesuffix(DRAFT)):
            raise PermanentError("The content of this message is gone.")
        return self._folder / key


class ObjectStoreBlobs:
    """An object store: a put that was acknowledged is durable and appears whole."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, content: Sequence[bytes], at: datetime) -> str:
        """See `Blobs`."""
        key = _new_key(content, at)
        try:
            obstore.put(self._store, key, b"".join(content))
        except BaseError as error:
            raise TemporaryError("The object store did not take the content.") from error
        return key

    def get(self, key: str) -> bytes:
        """See `Blobs`."""
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            raise PermanentError("The content of this message is gone.") from None
        except BaseError as error:
            raise TemporaryError("The object store does not answer.") from error

    def delete(self, key: str) -> None:
        """See `Blobs`."""
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return
        except BaseError as error:
            raise TemporaryError("The object store does not answer.") from error

    def older_than(self, moment: datetime) -> Iterator[str]:
        """See `Blobs`."""
        try:
            for page in obstore.list(self._store):
                for found in page:
                    if found["last_modified"] < moment and KEY.fullmatch(found["path"]):
                        yield found["path"]
        except BaseError as error:
            raise TemporaryError("The object store does not answer.") from error


def _new_key(content: Sequence[bytes], at: datetime) -> str:
    digest = hashlib.sha256()
    for chunk in content:
        digest.update(chunk)
    return f"{at.astimezone(UTC):%Y/%m/%d}/{digest.hexdigest()[:32]}-{secrets.token_hex(4)}"


def _make_folder(folder: Path) -> None:
    """Make `folder` and its parents, durably: a synced file in a lost folder is lost."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
