"""Scanners that are really there find what is there; when they are not, what they should have said is missing."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from lockgate.bootstrap.scanner_fitness import scanner_fitness
from lockgate.lookups.antivirus import clamav, icap
from lockgate.lookups.clamd import Clamd
from lockgate.lookups.file_scanner import FAILURES, KEPT_CLEAN, REST, FileScanner
from lockgate.lookups.icap import Icap
from lockgate.model.errors import TemporaryError
from lockgate.model.scans import CarriedFile, ScannedFile
from lockgate.settings import ScannerSettings
from tests.lockgate.lookups.scanners import (
    MARKER,
    SIGNATURE,
    needs_clamd,
    needs_icap,
    running_clamd,
    running_icap,
)
from tools.ports import free_port

BAD, GOOD = b"before " + MARKER + b" after", b"Minutes of Monday."


def carried(content: bytes, where: str = "part 2") -> CarriedFile:
    return CarriedFile(where, "a.bin", "data", False, hashlib.sha256(content).hexdigest(), content)


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    with running_clamd(tmp_path_factory.mktemp("clamd")) as found:
        yield found


@pytest.fixture(scope="module")
def icap_url(clamd: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_icap(tmp_path_factory.mktemp("icap"), clamd[0]) as url:
        yield url


@needs_clamd
@pytest.mark.parametrize("over", ["unix", "tcp"])
async def test_clamd_names_what_it_finds(clamd: tuple[Path, int], over: str) -> None:
    scanner = Clamd(f"unix:{clamd[0]}" if over == "unix" else f"127.0.0.1:{clamd[1]}")
    assert (await scanner.scan(BAD)).startswith(SIGNATURE)
    assert await scanner.scan(GOOD) == ""
    assert await scanner.scan(b"") == ""
    assert (await scanner.version()).startswith("ClamAV")


@needs_clamd
async def test_a_file_that_clamd_will_not_take_is_not_clean(clamd: tuple[Path, int]) -> None:
    with pytest.raises(TemporaryError):
        await Clamd(f"127.0.0.1:{clamd[1]}").scan(bytes(5_000_000))


@needs_clamd
@needs_icap
@pytest.mark.parametrize("method", ["RESPMOD", "REQMOD"])
async def test_an_icap_server_names_what_it_finds(icap_url: str, method: str) -> None:
    scanner = Icap(icap_url, method)
    assert (await scanner.scan(BAD)).startswith(SIGNATURE)
    assert await scanner.scan(GOOD) == ""
    assert await scanner.scan(b"z" * 1_500_000) == ""
    assert "RESPMOD" in await scanner.options()


@needs_clamd
@needs_icap
async def test_the_facts_say_which_file_it_was(clamd: tuple[Path, int], icap_url: str) -> None:
    files = [carried(GOOD, "part 2"), carried(BAD, "part 3")]
    first = await clamav(f"unix:{clamd[0]}", 10, asyncio.get_running_loop().time).scan("m1", b"From: a\r\n\r\nx", files)
    second = await icap(icap_url, "RESPMOD", 10, asyncio.get_running_loop().time).scan("m1", b"", files)
    assert [file.where for file in first.files if file.threat] == ["part 3"]
    assert first.files[0] == ScannedFile("message", "")
    assert [file.where for file in second.files if file.threat] == ["part 3"]


@needs_clamd
async def test_the_doctor_asks_what_is_set_up(clamd: tuple[Path, int]) -> None:
    settings = ScannerSettings(clamav=f"unix:{clamd[0]}", icap=f"icap://127.0.0.1:{free_port()}/scan")
    answers = {answer.question: answer for answer in await asyncio.gather(*scanner_fitness(settings))}
    assert answers["ClamAV"].grade == "pass"
    assert answers["ICAP scanner"].grade == "fail"
    assert "scanners.icap" in answers["ICAP scanner"].fix


@pytest.mark.parametrize("scanner", [Clamd("127.0.0.1:1"), Clamd("unix:/nowhere"), Icap("icap://127.0.0.1:1/scan")])
async def test_nobody_there_is_a_temporary_error(scanner: Clamd | Icap) -> None:
    with pytest.raises(TemporaryError):
        await scanner.scan(GOOD)


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"ICAP/1.0 500 no\r\n\r\n", b"ICAP/1.0 200 OK\r\nEncapsulated: res-body=0\r\n\r\nzz"],
)
async def test_a_server_that_answers_nonsense_is_not_clean(answer: bytes) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        writer.close()

    port = free_port()
    async with await asyncio.start_server(reply, "127.0.0.1", port):
        for scanner in (Icap(f"icap://127.0.0.1:{port}/scan"), Clamd(f"127.0.0.1:{port}")):
            with pytest.raises(TemporaryError):
                await scanner.scan(GOOD)


class Counting:
    """A scan that counts, and fails or hangs when told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.fails = False
        self.hangs = False

    async def scan(self, content: bytes) -> str:
        self.calls += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails:
            raise TemporaryError("down")
        return "Threat" if content == BAD else ""


class Hands:
    """A clock that is set."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def now(self) -> float:
        return self.time


def scanner(scan: Callable[[bytes], Awaitable[str]], clock: Hands, deadline: float = 5) -> FileScanner:
    return FileScanner(scan, deadline, clock.now)


async def test_the_same_content_is_asked_once_until_the_answer_is_old() -> None:
    counting, clock = Counting(), Hands()
    asks = scanner(counting.scan, clock)
    for _ in range(3):
        assert [file.threat for file in await asks.scan_all([carried(BAD), carried(GOOD)])] == ["Threat", ""]
    assert counting.calls == 2
    clock.time += KEPT_CLEAN + 1
    await asks.scan_all([carried(BAD), carried(GOOD)])
    assert counting.calls == 3, "new signatures may know an old file; what was found stays found longer"


async def test_a_scanner_that_keeps_failing_is_left_in_peace_and_tried_again() -> None:
    counting, clock = Counting(), Hands()
    counting.fails = True
    asks = scanner(counting.scan, clock)
    for number in range(FAILURES + 3):
        with pytest.raises(TemporaryError):
            await asks.scan_all([carried(f"{number}".encode())])
    assert counting.calls == FAILURES
    clock.time += REST + 1
    counting.fails = False
    assert await asks.scan_all([carried(GOOD)]) == (ScannedFile("part 2", ""),)


async def test_a_scanner_that_hangs_is_given_up_at_the_deadline() -> None:
    counting = Counting()
    counting.hangs = True
    with pytest.raises(TemporaryError, match="no answer within"):
        await scanner(counting.scan, Hands(), 0.05).scan_all([carried(GOOD)])
