"""The simulated tenant as people start it: a program, so that nothing of it shares a process with Lockgate."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from json import loads
from pathlib import Path
from threading import Event

import httpx

from m365_simulator.settings import Settings
from m365_simulator.world import World
from tests.m365_simulator.simulation import FREE_PORTS, Simulation, new_credential
from tests.patience import PATIENCE

CODE = "from m365_simulator.app import main; main()"


@contextmanager
def simulator_program(folder: Path) -> Iterator[Simulation]:
    """The program, freshly seeded. Its World is out of reach: look through the control API."""
    folder.mkdir(exist_ok=True)
    log = folder / "simulator.log"
    with log.open("wb") as output:
        command = [sys.executable, "-c", CODE, "serve", "--directory", str(folder), "--free-ports"]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        addresses = folder / "addresses.json"
        while not addresses.exists():
            assert process.poll() is None, log.read_text()
            Event().wait(0.05)
        tls = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        with httpx.Client(verify=tls, timeout=PATIENCE, trust_env=False) as http:
            found = loads(addresses.read_text())
            settings = Settings(folder, ports=FREE_PORTS)
            yield Simulation(World(), settings, found, tls, http, new_credential())
    finally:
        process.terminate()
        process.wait(PATIENCE)
