"""Feeds fetched over HTTPS: a file, or every page of a TAXII 2.1 collection (OASIS, §5.4). Bounded in time and size."""

import json
from collections.abc import Iterator, Mapping

import httpx

from lockgate.model.errors import TemporaryError

DEADLINE = 60.0  # seconds of one request
LARGEST = 64 * 1024 * 1024
PAGES = 500
TAXII = "application/taxii+json;version=2.1"


def download(url: str, headers: Mapping[str, str], verify: bool | str = True) -> bytes:
    """The content of a file. Raises TemporaryError with the reason when it cannot be had."""
    with _client(headers, verify) as client:
        return _get(client, url, {})


def collection(url: str, headers: Mapping[str, str], verify: bool | str = True) -> bytes:
    """All objects of a TAXII collection as one bundle; `url` is the collection's. Raises TemporaryError."""
    objects: list[object] = []
    size = 0
    with _client({**headers, "Accept": TAXII}, verify) as client:
        for page in _pages(client, f"{url.rstrip('/')}/objects/"):
            size += len(page)
            if size > LARGEST:
                raise TemporaryError(f"{url} has more than {LARGEST // 1024**2} MiB")
            objects += _objects(page, url)
    return json.dumps({"type": "bundle", "objects": objects}).encode()


def _pages(client: httpx.Client, url: str) -> Iterator[bytes]:
    following: dict[str, str] = {}
    for _ in range(PAGES):
        page = _get(client, url, following)
        yield page
        envelope = json.loads(page)
        if not envelope.get("more") or not envelope.get("next"):
            return
        following = {"next": str(envelope["next"])}


def _objects(page: bytes, url: str) -> list[object]:
    envelope = json.loads(page)
    found = envelope.get("objects", []) if isinstance(envelope, dict) else None
    if not isinstance(found, list):
        raise TemporaryError(f"{url} answered something else than a TAXII envelope")
    return found


def _client(headers: Mapping[str, str], verify: bool | str) -> httpx.Client:
    return httpx.Client(headers=dict(headers), timeout=DEADLINE, follow_redirects=True, verify=verify)


def _get(client: httpx.Client, url: str, parameters: Mapping[str, str]) -> bytes:
    try:
        with client.stream("GET", url, params=dict(parameters)) as answer:
            answer.raise_for_status()
            content = bytearray()
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > LARGEST:
                    raise TemporaryError(f"{url} has more than {LARGEST // 1024**2} MiB")
            return bytes(content)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TemporaryError(f"{url}: {type(error).__name__}: {error}"[:300]) from error
