"""This machine: its clock, its room, its programs, where content lies, and the console as a browser finds it."""

import asyncio
import shutil
import sqlite3
import ssl
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from lockgate import __version__
from lockgate.bootstrap.clouds import cloud
from lockgate.bootstrap.microsoft365 import authorities
from lockgate.bootstrap.parts import database_url
from lockgate.bootstrap.tenant_fitness.subject import Subject
from lockgate.model.errors import LockgateError
from lockgate.model.fitness import Answer, Grade

GIB = 1024**3
LITTLE, VERY_LITTLE = 5 * GIB, 1 * GIB
SKEW, TOO_MUCH = timedelta(seconds=30), timedelta(minutes=5)  # Microsoft's proofs of identity live for minutes
CLOCK = "Our proof of identity carries times; Microsoft refuses one from a clock that is minutes off (AADSTS500133)."
ROOM = "Held messages and the outbox are written before the sender hears 250; without room mail is deferred."
STORE = "What is held or waits for redelivery must be readable again; a store that only takes is none."
REACH = "Microsoft redirects the administrator's browser there; this machine itself need not reach it."
PROGRAMS = "What runs here, for whoever is asked for help."


async def machine_answers(subject: Subject) -> AsyncIterator[Answer]:
    """From the clock to the programs."""
    yield await _clock(subject)
    yield await asyncio.to_thread(_content, subject)
    usage = shutil.disk_usage(subject.settings.data_directory)
    yield room(usage.free, usage.total)
    yield await _console(subject)
    yield programs(ssl.OPENSSL_VERSION_INFO[:2], sqlite3.sqlite_version_info[:2], database_url(subject.settings))


async def _clock(subject: Subject) -> Answer:
    address = cloud(subject.settings.microsoft365).login
    try:
        trust = authorities(subject.settings.microsoft365)
        async with httpx.AsyncClient(verify=trust, timeout=10, trust_env=False) as http:
            theirs = (await http.get(address)).headers.get("date", "")
    except (httpx.HTTPError, OSError) as error:
        why = str(error) or type(error).__name__
        return Answer("Clock", Grade.FAIL, why, "Let this machine reach Microsoft's sign-in host over HTTPS.", CLOCK)
    try:
        return clock(subject.clock(), parsedate_to_datetime(theirs))
    except ValueError:
        return Answer("Clock", Grade.WARN, "Microsoft's host names no time", "Compare it yourself.", CLOCK)


def clock(ours: datetime, theirs: datetime) -> Answer:
    """How far the two are apart."""
    apart = abs(ours - theirs)
    detail = f"{apart.total_seconds():.0f} s from Microsoft's"
    if apart <= SKEW:
        return Answer("Clock", Grade.PASS, detail, "", CLOCK)
    grade = Grade.FAIL if apart >= TOO_MUCH else Grade.WARN
    return Answer("Clock", grade, detail, "Keep the clock by NTP (chrony or systemd-timesyncd).", CLOCK)


def _content(subject: Subject) -> Answer:
    question, blobs, text = "Content store", subject.parts.blobs, b"lockgate doctor"
    try:
        key = blobs.put([text], subject.clock())
        same = blobs.get(key) == text
        blobs.delete(key)
    except (LockgateError, OSError) as error:
        return Answer(
            question, Grade.FAIL, str(error), "See blob_url and data_directory, and the store's own log.", STORE
        )
    if not same:
        return Answer(question, Grade.FAIL, "gives back other bytes than it was given", "Do not use this store.", STORE)
    return Answer(question, Grade.PASS, "written, read and deleted", "", STORE)


def room(free: int, total: int) -> Answer:
    """Whether there is room on the data directory's file system; both in bytes."""
    question, detail = "Disk space", f"{free / GIB:.1f} of {total / GIB:.1f} GiB are free"
    fix = "Make room, or keep things for a shorter time ([retention])."
    if free < VERY_LITTLE:
        return Answer(question, Grade.FAIL, detail, fix, ROOM)
    return Answer(question, Grade.WARN if free < LITTLE else Grade.PASS, detail, fix if free < LITTLE else "", ROOM)


async def _console(subject: Subject) -> Answer:
    question, address = "Console address", subject.settings.console.public_url.rstrip("/")
    if not address.startswith("https://"):
        fix = "Put a proxy with TLS before it, or set console.certificate and key; then set console.public_url."
        return Answer(question, Grade.FAIL, f"{address} is not https", fix, REACH)
    try:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
            answers = (await http.get(f"{address}/healthz")).text == "ok\n"
    except httpx.HTTPError as error:
        fix = "Open it in your browser; if that works, nothing is to be done."
        return Answer(question, Grade.WARN, f"{address}: {error or type(error).__name__}", fix, REACH)
    if not answers:
        fix = "Another program answers there; correct console.public_url or the proxy."
        return Answer(question, Grade.FAIL, f"{address} is not this console", fix, REACH)
    return Answer(question, Grade.PASS, address, "", REACH)


def programs(openssl: tuple[int, ...], sqlite: tuple[int, ...], database: str) -> Answer:
    """The versions of what we stand on."""
    python = ".".join(map(str, sys.version_info[:3]))
    detail = f"Lockgate {__version__}, Python {python}, OpenSSL {_dotted(openssl)}, SQLite {_dotted(sqlite)}"
    if openssl < (3, 0):
        return Answer("Versions", Grade.WARN, detail, "Use a Python that is built with OpenSSL 3.", PROGRAMS)
    if database.startswith("sqlite") and sqlite < (3, 35):
        return Answer("Versions", Grade.FAIL, detail, "Use a Python with SQLite 3.35 or newer.", PROGRAMS)
    return Answer("Versions", Grade.PASS, detail, "", PROGRAMS)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
