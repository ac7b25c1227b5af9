"""Certificates, made once; every socket test runs on both event loops, since the product runs on uvloop."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

from tests.lockgate.smtp.serving import Authority, make_authority


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Read by pytest-asyncio for the tests of this folder."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("other_certificates"))
