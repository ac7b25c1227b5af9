"""The order of the suite and the patience of its browsers.

Files that take minutes begin first, so that no worker is left alone with one in the end.
"""

import pytest
from playwright.sync_api import expect

expect.set_options(timeout=60_000)  # milliseconds; a machine may be busy


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Scenarios before the rest; within each the order stays."""
    items.sort(key=lambda item: item.get_closest_marker("scenario") is None)
