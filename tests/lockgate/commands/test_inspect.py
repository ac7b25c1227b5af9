"""`lockgate inspect` as it is called: files, folders and standard input, in JSON lines and as a table."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lockgate.commands.detectors import detectors_app
from lockgate.commands.inspection_processes import Task, run
from tests.lockgate.detection.sample_files import with_attachments

LETTER = b"From: Ada <ada@sender.example>\r\nTo: tom@contoso.com\r\nSubject: Plan\r\n\r\nSee you on Thursday.\r\n"
CARD = LETTER + b"My credit card is 4111 1111 1111 1111, cvv 123.\r\n"


def lockgate(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = "import typer; from lockgate.commands.inspect import inspect; typer.run(inspect)"
    return subprocess.run([sys.executable, "-c", program, *arguments], input=stdin, capture_output=True, check=False)


def lines(output: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two letters, one of them with malware, in two folders."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.eml").write_bytes(LETTER)
    (tmp_path / "sub" / "b.eml").write_bytes(with_attachments(LETTER, [("x.zip", "zip(y.com=eicar)")]))
    return tmp_path


def test_a_folder_gives_one_line_per_file_with_the_documented_keys(folder: Path) -> None:
    done = lockgate(str(folder), "--jsonl")
    assert done.returncode == 0, done.stderr
    first, second = lines(done.stdout)
    assert list(first) == ["path", "verdict", "score", "findings", "incomplete", "milliseconds"]
    assert (first["verdict"], second["verdict"]) == ("clean", "malware")
    findings = second["findings"]
    assert isinstance(findings, list)
    assert {"id", "weight", "evidence"} <= set(findings[0])
    assert findings[0]["id"] == "malware.byte-rules"
    assert isinstance(second["milliseconds"], float)


def test_a_file_that_cannot_be_read_is_named_and_fails_the_command(folder: Path) -> None:
    done = lockgate(str(folder / "absent.eml"), str(folder / "a.eml"), "--jsonl")
    assert done.returncode == 1
    absent, there = lines(done.stdout)
    assert "cannot be read" in str(absent["error"])
    assert there["verdict"] == "clean"


def test_standard_input_direction_and_internal_domain() -> None:
    done = lockgate("-", "--jsonl", "--direction", "outbound", "--internal-domain", "sender.example", stdin=CARD)
    (report,) = lines(done.stdout)
    assert (report["path"], report["verdict"]) == ("-", "dlp")
    assert "411111******1111" in json.dumps(report["findings"])
    (inbound,) = lines(lockgate("-", "--jsonl", stdin=CARD).stdout)
    assert inbound["verdict"] == "clean"


def test_without_jsonl_a_table_names_verdict_and_reasons(folder: Path) -> None:
    done = lockgate(str(folder / "sub" / "b.eml"))
    assert b"malware" in done.stdout
    assert b"malware.byte-rules" in done.stdout.replace(b"\n", b"")


def judge(content: bytes) -> dict[str, object]:
    """Dies like a parser of another language would, when told to."""
    if content == b"die":
        os.kill(os.getpid(), signal.SIGKILL)
    return {"length": len(content)}


def test_a_file_that_kills_its_process_costs_only_itself() -> None:
    tasks = [Task(str(number), b"die" if number in (1, 4) else b"x" * number) for number in range(8)]
    outcomes = list(run(tasks, judge, processes=2))
    assert [outcome.path for outcome in outcomes] == [str(number) for number in range(8)]
    assert ["error" in outcome.result for outcome in outcomes] == [number in (1, 4) for number in range(8)]


def test_detectors_are_listed_and_shown() -> None:
    runner = CliRunner()
    listed = json.loads(runner.invoke(detectors_app, ["list", "--json"]).stdout)
    assert {"id", "category", "weight", "maturity", "summary"} <= set(listed[0])
    shown = runner.invoke(detectors_app, ["show", "link.text-differs"]).stdout
    assert "# link.text-differs" in shown
    assert "Known false positives" in shown
    assert runner.invoke(detectors_app, ["show", "no.such"]).exit_code != 0
