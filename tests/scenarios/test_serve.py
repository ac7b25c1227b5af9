"""`lockgate serve`, the whole process tree: roles die and come back, the mail goes on, and it stops in order."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.scenarios.serving import Serve, installed, is_alive, is_free, kill, until

pytestmark = pytest.mark.scenario


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    with installed(tmp_path) as made:
        made.start()
        until("a complete start", made.is_up)
        yield made


def stop(serve: Serve) -> int:
    assert serve.process is not None
    serve.process.send_signal(signal.SIGTERM)
    return serve.process.wait(PATIENCE)


def test_what_is_killed_comes_back_and_takes_nobody_with_it(serve: Serve) -> None:
    before = {role: serve.pids(role) for role in ("gateway", "controller", "console")}
    assert [len(pids) for pids in before.values()] == [2, 1, 1]
    for role in ("console", "controller", "gateway"):
        kill(before[role][0])
    answered = 0
    while len(serve.events("role started")) < 7:
        answered += serve.greets()
    assert answered > 0, "the other gateway took no mail meanwhile"
    until("a complete return", lambda: len(serve.events("gateway listening")) == 3 and serve.console_answers())
    until("the controller's return", lambda: len(serve.events("controller running")) == 2)
    assert is_alive(before["gateway"][1])
    assert {len(serve.pids(role)) for role in ("controller", "console")} == {1}
    assert len(serve.events("a role ended and is started again")) == 3
    assert stop(serve) == 0
    assert is_free(serve.smtp) and is_free(serve.http)


def test_children_of_a_killed_supervisor_end_and_a_new_one_takes_over(serve: Serve) -> None:
    children = [pid for role in ("gateway", "controller", "console") for pid in serve.pids(role)]
    second = serve.start()
    assert second.wait(PATIENCE) != 0
    assert "already" in serve.log and "data directory" in serve.log
    assert all(is_alive(pid) for pid in children), "the second start disturbed the first"
    assert serve.process is not None
    kill(serve.process.pid)
    serve.process.wait()
    until("the end of the orphans", lambda: not any(is_alive(pid) for pid in children))
    assert is_free(serve.smtp) and is_free(serve.http)
    serve.process = serve.start()
    until("the new supervisor's gateways", lambda: len(serve.events("gateway listening")) == 4)
    until("the new supervisor's controller", lambda: len(serve.events("controller running")) == 2)
    assert stop(serve) == 0


def test_clients_in_the_middle_of_a_transaction_hear_421_before_the_end(serve: Serve) -> None:
    client = serve.connected()
    code, text = client.mail("ann@outside.example")
    assert code == 250, text
    assert serve.process is not None
    idle = serve.connected()
    serve.process.send_signal(signal.SIGTERM)
    until("the listener's end", lambda: is_free(serve.smtp), PATIENCE)
    for silent in (client, idle):
        reply = silent.getreply()
        assert reply[0] == 421, reply
    assert serve.process.wait(PATIENCE) == 0


def test_a_role_that_cannot_start_does_not_spin(tmp_path: Path) -> None:
    with installed(tmp_path, gateways=1) as serve:
        serve.start()
        until("a complete start", serve.is_up)
        serve.certificates.gateway.certificate.write_text("this is no certificate\n")
        kill(serve.pids("gateway")[0])
        until("three tries", lambda: len(serve.events("a role ended and is started again")) >= 3)
        pauses = [float(str(line["in_s"])) for line in serve.events("a role ended and is started again")]
        assert pauses == sorted(pauses) and pauses[2] >= 2 * pauses[1] >= 2 * pauses[0]
        assert str(serve.certificates.gateway.certificate) in serve.log
        assert "certificate cannot be used" in serve.log
        assert "Traceback" not in serve.log
        assert serve.console_answers()
        assert stop(serve) == 0
