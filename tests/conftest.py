"""The order of the suite: files that take minutes begin first, so that no worker is left alone with one in the end."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Scenarios before the rest; within each the order stays."""
    items.sort(key=lambda item: item.get_closest_marker("scenario") is None)
