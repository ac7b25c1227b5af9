"""A small HTTP server that speaks CAPE's API as far as Lockgate uses it. There is no CAPE here: it runs no file.

What it answers is set by the test: the state of each task, and the report.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "secret-of-the-api"


@dataclass
class CapeServer:
    """`files` are the contents handed in, task 1 first; `states` and `reports` are by task."""

    url: str = ""
    files: list[bytes] = field(default_factory=list)
    states: dict[int, str] = field(default_factory=dict)
    reports: dict[int, dict[str, object]] = field(default_factory=dict)
    down: bool = False

    def finish(self, task: int, **report: object) -> None:
        """The task is done, with this report."""
        self.states[task], self.reports[task] = "reported", report

    def answer(self, path: str) -> object:
        """What is said to a GET; None: there is no such thing."""
        if path == "/apiv2/cuckoo/status/":
            return {"error": False, "data": {"version": "2.4-CAPE"}}
        found = re.fullmatch(r"/apiv2/tasks/(status|get/report)/(\d+)/(json/)?", path)
        if found is None:
            return None
        task = int(found.group(2))
        if found.group(1) == "status":
            return {"error": False, "data": self.states.get(task, "")}
        return self.reports.get(task)


@contextmanager
def running_cape() -> Iterator[CapeServer]:
    """The server while the block runs."""
    cape = CapeServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(cape))
    cape.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield cape
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(cape: CapeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not self._admitted():
                return
            boundary = self.headers["Content-Type"].rpartition("boundary=")[2].encode()
            part = body.split(b"--" + boundary)[1]
            cape.files.append(part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n"))
            task = len(cape.files)
            cape.states.setdefault(task, "pending")
            self._say({"error": False, "data": {"task_ids": [task], "message": f"Task ID {task} has been submitted"}})

        def do_GET(self) -> None:
            if not self._admitted():
                return
            answer = cape.answer(self.path)
            if answer is None:
                self.send_error(404)
            else:
                self._say(answer)

        def _admitted(self) -> bool:
            if cape.down:
                self.send_error(503)
                return False
            if self.headers["Authorization"] != f"Token {TOKEN}":
                self.send_error(401)
                return False
            return True

        def _say(self, answer: object) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
