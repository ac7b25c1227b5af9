"""Real scanners for tests: clamd with a signature file of our own, and c-icap in front of it. Both from Debian.

The public signature databases are not needed: a folder with one `.ndb` file is a database.
"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tools.ports import free_port

MARKER = b"lockgate-test-marker-7f3a"
SIGNATURE = "Lockgate.Test.Marker"
MODULES = "/usr/lib/x86_64-linux-gnu/c_icap"

needs_clamd = pytest.mark.skipif(shutil.which("clamd") is None, reason="clamd is not installed")
needs_icap = pytest.mark.skipif(shutil.which("c-icap") is None, reason="c-icap is not installed")


@contextmanager
def running_clamd(folder: Path) -> Iterator[tuple[Path, int]]:
    """Its socket and its port while the block runs."""
    database = folder / "signatures"
    database.mkdir()
    (database / "own.ndb").write_text(f"{SIGNATURE}:0:*:{MARKER.hex()}\n")
    path, port = folder / "clamd.sock", free_port()
    settings = folder / "clamd.conf"
    settings.write_text(
        f"DatabaseDirectory {database}\nLocalSocket {path}\nTCPSocket {port}\nTCPAddr 127.0.0.1\nForeground yes\n"
        f"TemporaryDirectory {folder}\nStreamMaxLength 2M\nMaxThreads 4\nConcurrentDatabaseReload no\n"
    )
    with _running(["clamd", f"--config-file={settings}"], port):
        yield path, port


@contextmanager
def running_icap(folder: Path, clamd: Path) -> Iterator[str]:
    """The URL of a c-icap whose virus scanner asks this clamd, while the block runs."""
    port = free_port()
    settings = folder / "c-icap.conf"
    settings.write_text(
        f"PidFile {folder}/icap.pid\nCommandsSocket {folder}/icap.ctl\nPort 127.0.0.1:{port}\nStartServers 1\n"
        f"MaxServers 1\nThreadsPerChild 5\nTmpDir {folder}\nServerLog {folder}/icap.log\nAccessLog {folder}/log\n"
        f"ModulesDir {MODULES}\nServicesDir {MODULES}\nTemplateDefaultLanguage en\n"
        "TemplateDir /usr/share/c_icap/templates/\nLoadMagicFile /etc/c-icap/c-icap.magic\n"
        f"Module common clamd_mod.so\nclamd_mod.ClamdSocket {clamd}\nService scan virus_scan.so\n"
        "virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE GIF JPEG MSOFFICE\nvirus_scan.DefaultEngine clamd\n"
        "virus_scan.SendPercentData 0\nvirus_scan.MaxObjectSize 50M\nvirus_scan.Allow204Responces on\n"
    )
    with _running(["c-icap", "-N", "-f", str(settings)], port):
        yield f"icap://127.0.0.1:{port}/scan"


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        _wait_for(process, port)
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()


def _wait_for(process: subprocess.Popen[str], port: int) -> None:
    """Until somebody listens; raises AssertionError with what the program said when it ends before."""
    for _ in range(int(PATIENCE * 10)):
        with socket.socket() as probe:
            probe.settimeout(0.1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(process.stdout.read() if process.stdout else "ended")
    raise AssertionError(f"nobody listens on {port}")
