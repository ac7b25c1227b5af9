"""Runs the demo: `python -m tools.demo [--once]`. With `--once` it ends, non-zero when a fate is not as expected."""

import argparse
import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lockgate.bootstrap.parts import open_parts
from lockgate.settings import read_settings
from tools.demo import traffic
from tools.demo.browser import Browser
from tools.demo.grant import PASSWORD, grant
from tools.demo.lockgate import ADMINISTRATOR, first_account, install
from tools.demo.messages import demo_messages
from tools.demo.processes import DemoFailed, program, threading_pause, until
from tools.demo.tenant import SimulatedTenant

FOLDER = Path("var/demo")
screen = Console()


def main() -> int:
    """Exit status: 0 when every message met its fate."""
    arguments = argparse.ArgumentParser(prog="demo")
    arguments.add_argument("--once", action="store_true", help="end when all messages have met their fates")
    once = bool(arguments.parse_args().once)
    try:
        with ExitStack() as stack:
            return _demo(stack, once)
    except DemoFailed as error:
        screen.print(f"[red]The demo failed:[/red] {error}", highlight=False)
        return 1
    except KeyboardInterrupt:
        return 0


def _demo(stack: ExitStack, once: bool) -> int:
    folder = FOLDER.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "simulator").mkdir(parents=True)
    screen.print("Starting the simulated tenant ...")
    serve = ["m365-simulator", "serve", "--directory", str(folder / "simulator"), "--free-ports"]
    stack.enter_context(program("simulator", serve, folder, {}))
    addresses = folder / "simulator" / "addresses.json"
    until("the simulated tenant", lambda: addresses.exists() or None, seconds=180, log=folder / "simulator.log")
    tenant = SimulatedTenant(folder / "simulator")
    installation = install(folder, tenant)
    screen.print("Starting Lockgate ...")
    lockgate = ["lockgate", "serve", "--settings", str(installation.settings)]
    stack.enter_context(program("lockgate", lockgate, folder, {}))
    browser = Browser(tenant.tls)
    stack.callback(browser.close)
    dashboard = first_account(installation, browser)
    screen.print("Granting access: consent, role, consent, plan, probes ...")
    grant(installation, tenant, browser, dashboard)
    parts = stack.enter_context(open_parts(read_settings(installation.settings)))
    traffic.install_policies(parts)
    threading_pause()(2.0)  # gateways look at changed policies every second
    corpus = os.environ.get("LOCKGATE_CORPUS")
    messages = demo_messages(Path(corpus) if corpus else None)
    screen.print(f"Sending {len(messages)} messages ...")
    rows = traffic.run(parts, tenant, messages)
    traffic.write(rows, folder / "outcomes.json")
    wrong = _print(rows)
    if not once:
        _stay(tenant, installation.console, installation.password)
    return 1 if wrong else 0


def _print(rows: list[traffic.Row]) -> int:
    table = Table("Message", "", "Recipient", "Outcome", "Folder", "Why")
    wrong = 0
    for row in rows:
        mistakes = [str(one) for one in row["mistakes"]] if isinstance(row["mistakes"], list) else []
        wrong += bool(mistakes)
        style = "red" if mistakes else ""
        why = "; ".join(mistakes) if mistakes else str(row["reason"])[:70]
        outcome = str(row["outcome"]) or "not seen"
        table.add_row(str(row["message"]), str(row["direction"])[:3], str(row["recipient"]), outcome,
                      str(row["folder"]), why, style=style)  # fmt: skip
    screen.print(table)
    screen.print(f"{len(rows)} recipients, {wrong} not as expected; see {FOLDER / 'outcomes.json'}")
    return wrong


def _stay(tenant: SimulatedTenant, console: str, password: str) -> None:
    screen.print(f"\nConsole   {console}   {ADMINISTRATOR} / {password}")
    screen.print(f"Web mail  {tenant.addresses['webmail']}   lena.vogel@contoso.example / {PASSWORD}")
    screen.print("Both use certificates of a test authority. End with Ctrl-C.")
    threading_pause()(1e7)


if __name__ == "__main__":
    sys.exit(main())
