"""The grant, page by page as an administrator does it: consent, role, consent, plan, apply, live; then activity data."""

from collections.abc import Callable

from tools.demo.browser import Browser, Page
from tools.demo.lockgate import Installation
from tools.demo.processes import DemoFailed, until
from tools.demo.tenant import SimulatedTenant

GLOBAL_ADMINISTRATOR = "admin@contoso.example"
PASSWORD = "Contoso-demo-1"  # of the simulated tenant  # noqa: S105
SUCCESS = "Successfully created a service account and synced data."
