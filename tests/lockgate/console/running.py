"""The real console over TLS on a real port and a real database, for requests with httpx and for Chromium."""

import re
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import trustme
import uvicorn
from fastapi import FastAPI

from lockgate.console.app import create_app
from lockgate.console.parts import ConsoleParts
from lockgate.model.clock import system_clock
from lockgate.smtp.listener import bind
from lockgate.storage import passwords
from lockgate.storage.audit import Author
from lockgate.storage.engine import open_database
from lockgate.storage.unit_of_work import Database, Unit
from lockgate.storage.users import Role, Users
from lockgate.storage.vault import open_vault
from tests.patience import PATIENCE

PASSWORD = "tide gates at dawn"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
HASH = passwords.hash_password(PASSWORD)
ADMIN, VIEWER = "ada", "vera"


SERVING = "the console's event loop"


class OffTheLoop(Database):
    """A database that is asked from other threads only: whoever asks on the event loop lets all visitors wait."""

    @contextmanager
    def read(self) -> Iterator[Unit]:
        assert threading.current_thread().name != SERVING, "call it with asyncio.to_thread"
        with super().read() as unit:
            yield unit

    @contextmanager
    def write(self) -> Iterator[Unit]:
        assert threading.current_thread().name != SERVING, "call it with asyncio.to_thread"
        with super().write() as unit:
            yield unit


@dataclass(frozen=True)
class Console:
    """A console that answers at `address`."""

    address: str
    parts: ConsoleParts
    app: FastAPI
    tls: ssl.SSLContext = field(repr=False)
    authority: Path

    @property
    def database(self) -> Database:
        return self.parts.database

    @contextmanager
    def client(self, name: str = "") -> Iterator[httpx.Client]:
        """A client that keeps cookies; with a name it has signed in."""
        headers = {"Accept": "text/html"}
        with httpx.Client(
            base_url=self.address, verify=self.tls, trust_env=False, headers=headers, timeout=PATIENCE
        ) as client:
            if name:
                form = {"csrf_token": token_in(client.get("/sign-in")), "name": name, "password": PASSWORD}
                assert client.post("/sign-in", data=form).headers["location"] == "/"
            yield client

    def post(
        self, client: httpx.Client, path: str, form: Mapping[str, object] | None = None, page: str = "/account"
    ) -> httpx.Response:
        """Send a form as a page of ours would."""
        return client.post(path, data={"csrf_token": token_in(client.get(page)), **(form or {})})


def token_in(page: httpx.Response) -> str:
    """The token in a page's first form."""
    found = TOKEN.search(page.text)
    assert found, page.text[:500]
    return found.group(1)


def add_account(database: Database, name: str, role: Role) -> str:
    """An account whose password is PASSWORD; its id."""
    with database.write() as unit:
        return Users(unit).add(uuid.uuid4().hex, name, HASH, role, Author("system", system_clock())).id


Completes = Callable[[ConsoleParts], ConsoleParts]


@contextmanager
def running_console(folder: Path, completed: Completes = lambda parts: parts) -> Iterator[Console]:
    """Starts it; `completed` may replace parts before."""
    opened = open_database(f"sqlite:///{folder / 'console.db'}")
    database = OffTheLoop(opened.engine, opened.dialect)
    listening = bind("127.0.0.1", 0)
    address = f"https://localhost:{listening.getsockname()[1]}"
    vault = open_vault(folder / "vault.key")
    parts = completed(ConsoleParts(database, vault, system_clock, lambda: uuid.uuid4().hex, address))
    app = create_app(parts)
    authority = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    authority.cert_pem.write_to_path(folder / "authority.pem")
    with authority.issue_cert("localhost").private_key_and_cert_chain_pem.tempfile() as pem:
        config = uvicorn.Config(
            app, ssl_certfile=pem, log_level="error", lifespan="off", server_header=False, proxy_headers=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, name=SERVING, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield Console(address, parts, app, trusting, folder / "authority.pem")
        finally:
            server.should_exit = server.force_exit = True
            thread.join(20)
            listening.close()
            database.close()
