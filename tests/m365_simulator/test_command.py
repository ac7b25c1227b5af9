"""`m365-simulator serve` as people start it: addresses on disk, and a clean end on SIGTERM."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.patience import PATIENCE

CODE = "from m365_simulator.app import main; main()"


@pytest.mark.scenario
def test_serve_announces_itself_ends_on_sigterm_and_keeps_its_authority(tmp_path: Path) -> None:
    authorities = set()
    for _ in range(2):
        command = [sys.executable, "-c", CODE, "serve", "--directory", str(tmp_path), "--free-ports"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline()]
            while lines[-1] and not lines[-1].startswith("tenant"):
                lines.append(process.stdout.readline())
            addresses = json.loads((tmp_path / "addresses.json").read_text())
            assert lines[0].split() == ["login", addresses["login"]]
            answer = httpx.get(addresses["control"] + "/_control/tenants", timeout=PATIENCE)
            assert [tenant["display_name"] for tenant in answer.json()] == ["Contoso", "Fabrikam"]
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        assert not (tmp_path / "addresses.json").exists()
        authorities.add((tmp_path / "ca.pem").read_bytes())
    assert len(authorities) == 1
