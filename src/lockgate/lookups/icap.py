"""Any ICAP scanner (RFC 3507): a file is handed over as the body of an HTTP response (RESPMOD) or request (REQMOD).

204 means that nothing was changed, which is a scanner's word for clean. Anything that comes back changed was found;
scanners name what they found in fields of their own.
"""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from lockgate.model.errors import TemporaryError

PORT = 1344
LIMIT = 160_000_000
LINE_LIMIT = 65_536
NAMING_FIELDS = (
    "x-infection-found",
    "x-virus-id",
    "x-virus-name",
    "x-violations-found",
    "x-blocked",
    "x-response-info",
)


@dataclass(frozen=True, slots=True)
class Icap:
    """`url` is `icap://host[:port]/service`; `method` RESPMOD or REQMOD."""

    url: str
    method: str = "RESPMOD"

    async def scan(self, content: bytes) -> str:
        """What was found, or an empty text. Raises TemporaryError when the server cannot say."""
        status, fields, body = await self._ask(self._request(content))
        if status == 204:
            return ""
        if status not in (200, 201):
            raise TemporaryError(f"ICAP server: {status}")
        named = next((fields[name] for name in NAMING_FIELDS if name in fields), "")
        if named:
            return _threat(named)
        return "" if body == content else "blocked by the ICAP server"

    async def options(self) -> str:
        """What the service calls itself, for the doctor. Raises TemporaryError when nobody answers."""
        end = "Connection: close\r\nEncapsulated: null-body=0\r\n\r\n"
        head = f"OPTIONS {self.url} ICAP/1.0\r\nHost: {self._host}\r\n{end}"
        status, fields, _ = await self._ask(head.encode())
        if status != 200:
            raise TemporaryError(f"ICAP server: {status}")
        return f"{fields.get('service', 'unnamed service')}, {fields.get('methods', 'no methods')}"

    @property
    def _host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def _request(self, content: bytes) -> bytes:
        """One HTTP exchange around the file. It may be answered 204 although it has no preview (RFC 3507 §4.6)."""
        size = len(content)
        kind = f"Content-Type: application/octet-stream\r\nContent-Length: {size}\r\n\r\n"
        if self.method == "REQMOD":
            request = f"POST http://lockgate.invalid/file HTTP/1.1\r\nHost: lockgate.invalid\r\n{kind}".encode()
            parts, http = f"req-hdr=0, req-body={len(request)}", request
        else:
            request = b"GET http://lockgate.invalid/file HTTP/1.1\r\nHost: lockgate.invalid\r\n\r\n"
            response = f"HTTP/1.1 200 OK\r\n{kind}".encode()
            parts = f"req-hdr=0, res-hdr={len(request)}, res-body={len(request) + len(response)}"
            http = request + response
        head = (
            f"{self.method} {self.url} ICAP/1.0\r\nHost: {self._host}\r\nAllow: 204\r\nConnection: close\r\n"
            f"Encapsulated: {parts}\r\n\r\n"
        )
        return (
            head.encode() + http + f"{size:x}\r\n".encode() * bool(size) + content + b"\r\n" * bool(size) + b"0\r\n\r\n"
        )

    async def _ask(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        parsed = urlsplit(self.url)
        try:
            reader, writer = await asyncio.open_connection(parsed.hostname, parsed.port or PORT, limit=LINE_LIMIT)
            try:
                writer.write(request)
                await writer.drain()
                return await _answer(reader)
            finally:
                writer.close()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            raise TemporaryError(f"ICAP server at {parsed.netloc}: {type(error).__name__}") from error


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, fields and the body of the HTTP message inside; empty where there is none."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].partition(" ")[2].partition(" ")[0])
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    encapsulated = dict(
        pair.strip().partition("=")[::2] for pair in fields.get("encapsulated", "").split(",") if "=" in pair
    )
    starts = {name: int(place) for name, place in encapsulated.items()}
    body_at = next((place for name, place in starts.items() if name.endswith("-body")), None)
    if body_at is None:
        return status, fields, b""
    await reader.readexactly(body_at)
    if "null-body" in starts:
        return status, fields, b""
    return status, fields, await _chunks(reader)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    pieces = []
    total = 0
    while size := int((await reader.readline()).split(b";")[0].strip() or b"0", 16):
        total += size
        if total > LIMIT:
            raise ValueError("too large an answer")
        pieces.append(await reader.readexactly(size))
        await reader.readexactly(2)
    return b"".join(pieces)


def _threat(field: str) -> str:
    """`Type=0; Resolution=2; Threat=Eicar-Signature;` names the threat; other fields are the name themselves."""
    for piece in field.split(";"):
        name, separator, value = piece.strip().partition("=")
        if separator and name.lower() == "threat":
            return value.strip()
    return field.strip()
