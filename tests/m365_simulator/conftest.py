"""One simulation for all tests of the simulator, reset before each test that asks for it."""

from collections.abc import Iterator

import pytest

from tests.m365_simulator.simulation import Simulation, running_simulation


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """The simulation as a session-wide server; use `simulation` unless its state does not matter."""
    with running_simulation(tmp_path_factory.mktemp("simulation")) as simulation:
        yield simulation


@pytest.fixture
def simulation(running: Simulation) -> Simulation:
    """The simulation, freshly seeded."""
    running.control("POST", "/reset")
    return running
