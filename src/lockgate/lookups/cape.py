"""CAPE, the open sandbox, by its REST API (apiv2): hand a file in, ask for its verdict later.

The names are CAPE's: tasks/create/file answers with `task_ids`, tasks/status with a word, tasks/get/report with a
report whose `detections` are families of malware and whose `malscore` goes from 0 to 10.
"""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from lockgate.model.errors import TemporaryError
from lockgate.model.scans import SandboxState

DONE = "reported"
FAILED = ("failed_analysis", "failed_processing", "failed_reporting")
MALICIOUS, SUSPICIOUS = 6.0, 3.0  # malscore
REPORT_LIMIT = 100_000_000  # bytes
PATIENCE = 30.0  # seconds for one request


@dataclass(frozen=True, slots=True)
class Cape:
    """`url` is where CAPE's web interface is; `token` may be empty when it asks for none."""

    url: str
    token: str = ""

    async def submit(self, name: str, content: bytes) -> str:
        """The task's id. Raises TemporaryError when CAPE does not take the file."""
        answer = await self._ask("POST", "tasks/create/file/", {"file": (name or "attachment", content)})
        tasks = answer.get("data", {}).get("task_ids") if isinstance(answer.get("data"), dict) else None
        if not tasks:
            raise TemporaryError(f"CAPE took no file: {str(answer.get('error_value') or answer.get('errors'))[:150]}")
        return str(tasks[0])

    async def verdict(self, task: str) -> tuple[SandboxState, str]:
        """State and detail of a task. Raises TemporaryError when CAPE cannot be asked."""
        status = str((await self._ask("GET", f"tasks/status/{task}/")).get("data", ""))
        if status in FAILED:
            return SandboxState.FAILED, status
        if status != DONE:
            return SandboxState.PENDING, status
        return _read(await self._ask("GET", f"tasks/get/report/{task}/json/"))

    async def status(self) -> str:
        """Its version, for the doctor."""
        answer = await self._ask("GET", "cuckoo/status/")
        data = answer.get("data")
        return f"CAPE {data.get('version', '')}".strip() if isinstance(data, dict) else "CAPE"

    async def _ask(self, method: str, path: str, files: dict[str, tuple[str, bytes]] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Token {self.token}"} if self.token else {}
        address = f"{self.url.rstrip('/')}/apiv2/{path}"
        try:
            async with (
                httpx.AsyncClient(timeout=PATIENCE, headers=headers) as client,
                client.stream(method, address, files=files) as response,
            ):
                response.raise_for_status()
                body = await _limited(response)
        except httpx.HTTPError as error:
            raise TemporaryError(f"CAPE: {error or type(error).__name__}") from error
        return _object(body)


async def _limited(response: httpx.Response) -> bytes:
    pieces, size = [], 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > REPORT_LIMIT:
            raise TemporaryError("CAPE: the answer is too large")
        pieces.append(piece)
    return b"".join(pieces)


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise TemporaryError("CAPE: the answer is no JSON") from error
    if not isinstance(answer, dict):
        raise TemporaryError("CAPE: the answer is no object")
    return answer


def _read(report: dict[str, Any]) -> tuple[SandboxState, str]:
    """Named families decide; without them the score does."""
    detections = report.get("detections")
    rows = detections if isinstance(detections, list) else []
    families = [str(row.get("family", "")) for row in rows if isinstance(row, dict)]
    if isinstance(detections, str):
        families = [detections]
    score = report.get("malscore")
    number = float(score) if isinstance(score, int | float) else None
    told = f"score {number:g} of 10" if number is not None else "no score"
    named = ", ".join(filter(None, families))[:150]
    if named:
        return SandboxState.MALICIOUS, f"{named}, {told}"
    if number is None:
        return SandboxState.FAILED, "the report has no score"
    if number >= MALICIOUS:
        return SandboxState.MALICIOUS, told
    return (SandboxState.SUSPICIOUS if number >= SUSPICIOUS else SandboxState.CLEAN), told
