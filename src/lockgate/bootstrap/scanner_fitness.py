"""The doctor's questions about scanners and libraries that look into files."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from lockgate.bootstrap.own_rule_folder import sources_in
from lockgate.bootstrap.scanners import sandbox
from lockgate.detection.files.containers import by_libarchive
from lockgate.detection.own_rules import compile_rules
from lockgate.lookups.clamd import Clamd
from lockgate.lookups.icap import Icap
from lockgate.model.errors import InvalidInput, TemporaryError
from lockgate.model.fitness import Answer, Grade
from lockgate.settings import ScannerSettings

PATIENCE = 5.0  # seconds for one answer


def scanner_fitness(settings: ScannerSettings, own_rules: Path | None = None) -> Iterator[Awaitable[Answer]]:
    """One answer for each scanner that is set up, one for own rules, one for the library that opens archives."""
    yield _libarchive()
    if own_rules is not None:
        yield _own_rules(own_rules)
    if settings.clamav:
        yield _asked("ClamAV", Clamd(settings.clamav).version, "Start clamav-daemon, or correct scanners.clamav.")
    if settings.icap:
        yield _asked("ICAP scanner", Icap(settings.icap).options, "Start the server, or correct scanners.icap.")
    box = sandbox(settings)
    if box is not None:
        yield _asked("Sandbox", box.status, "Start CAPE, or correct scanners.sandbox and its token.")


async def _libarchive() -> Answer:
    if by_libarchive.library() is not None:
        return Answer("Archives", Grade.PASS, "libarchive is there: RAR, CAB, ISO and their like are opened")
    fix = "Install libarchive (libarchive13 or libarchive13t64 on Debian); until then policies see what is not opened."
    return Answer("Archives", Grade.WARN, "libarchive is missing: RAR, CAB, ISO and locked ZIP are not opened", fix)


async def _own_rules(folder: Path) -> Answer:
    question = "Own YARA rules"
    try:
        rules = compile_rules(await asyncio.to_thread(sources_in, folder))
    except (InvalidInput, OSError) as error:
        return Answer(question, Grade.FAIL, f"{error}", "Correct it; until then the rules before it stay in force.")
    return Answer(question, Grade.PASS, f"{rules.count} rules in {folder}")


async def _asked(question: str, ask: Callable[[], Awaitable[str]], fix: str) -> Answer:
    try:
        async with asyncio.timeout(PATIENCE):
            return Answer(question, Grade.PASS, await ask())
    except (TemporaryError, TimeoutError) as error:
        why = str(error) or f"no answer within {PATIENCE:g} s"
        return Answer(question, Grade.FAIL, f"{why}; mail with files waits until it answers", fix)
