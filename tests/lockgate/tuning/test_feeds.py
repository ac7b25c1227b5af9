"""Feeds in four forms, and a TAXII collection over a real socket."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lockgate.lookups.feed_download import collection, download
from lockgate.model.errors import InvalidInput, TemporaryError
from lockgate.model.reputation import Subject
from lockgate.tuning.feeds.reading import Format, read_feed

SHA256 = "a" * 64
PLAIN = (
    "# list\nbad.example\n0.0.0.0 worse.example\nhttps://pages.example/login # kit\n"
    f"{SHA256}\n192.0.2.0/24\nfoe@bad.example\n*@*\n"
)
MISP = {
    "response": [
        {
            "Event": {
                "Attribute": [
                    {"type": "domain", "value": "bad.example", "to_ids": True, "comment": "kit"},
                    {"type": "domain", "value": "seen.example", "to_ids": False},
                    {"type": "comment", "value": "text", "to_ids": True},
                ],
                "Object": [{"Attribute": [{"type": "filename|sha256", "value": f"a.exe|{SHA256}", "to_ids": True}]}],
            }
        }
    ]
}


def indicator(pattern: str, **more: object) -> dict[str, object]:
    return {
        "type": "indicator",
        "id": "indicator--1",
        "name": "kit",
        "pattern_type": "stix",
        "pattern": pattern,
        **more,
    }


STIX = [
    indicator("[domain-name:value = 'bad.example']"),
    indicator("[url:value = 'https://pages.example/login' OR email-addr:value = 'foe@bad.example']"),
    indicator(f"[file:hashes.'SHA-256' = '{SHA256}']"),
    indicator("[ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]"),
    indicator("[domain-name:value = 'half.example' AND url:value = 'https://half.example/a']"),
    indicator("[domain-name:value = 'over.example']", revoked=True),
    indicator("[broken"),
]


def entries(content: str | object, written: Format) -> set[tuple[Subject, str]]:
    text = content if isinstance(content, str) else json.dumps(content)
    return {(line.subject, line.pattern) for line in read_feed(text.encode(), written).lines}


def test_a_plain_list_says_by_its_form_what_is_meant() -> None:
    assert entries(PLAIN, Format.PLAIN) == {
        (Subject.DOMAIN, "bad.example"), (Subject.DOMAIN, "worse.example"), (Subject.URL, "pages.example/login"),
        (Subject.HASH, SHA256), (Subject.HOST, "192.0.2.0/24"), (Subject.SENDER, "foe@bad.example"),
    }  # fmt: skip
    read = read_feed(PLAIN.encode(), Format.PLAIN)
    assert read.skipped == 1
    assert "no domain" in read.examples[0]
    assert "kit" in {line.note for line in read.lines}


def test_misp_events_and_exports() -> None:
    wanted = {(Subject.DOMAIN, "bad.example"), (Subject.HASH, SHA256)}
    assert entries(MISP, Format.MISP_JSON) == wanted
    table = f"uuid,type,value,comment\n1,domain,bad.example,kit\n2,filename|sha256,a.exe|{SHA256},\n3,text,x,\n"
    assert entries(table, Format.MISP_CSV) == wanted


def test_stix_patterns_that_compare_one_thing() -> None:
    assert entries({"type": "bundle", "objects": STIX}, Format.STIX) == {
        (Subject.DOMAIN, "bad.example"), (Subject.URL, "pages.example/login"), (Subject.SENDER, "foe@bad.example"),
        (Subject.HASH, SHA256), (Subject.HOST, "192.0.2.1/32"), (Subject.HOST, "192.0.2.2/32"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "written"),
    [("{", Format.STIX), ("[]", Format.STIX), ("a,b\n1,2\n", Format.MISP_CSV), ("no", Format.MISP_JSON)],
)
def test_something_else_is_refused(content: str, written: Format) -> None:
    with pytest.raises(InvalidInput):
        read_feed(content.encode(), written)


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert self.headers["Authorization"] == "Bearer secret"
        if self.path.startswith("/taxii/collections/1/objects/"):
            assert self.headers["Accept"] == "application/taxii+json;version=2.1"
            first = "next=two" not in self.path
            body = {"more": True, "next": "two", "objects": STIX[:2]} if first else {"objects": STIX[2:]}
            self.answer(json.dumps(body).encode())
        elif self.path == "/list.txt":
            self.answer(PLAIN.encode())
        else:
            self.send_error(404)

    def answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_every_page_of_a_taxii_collection_is_fetched(address: str) -> None:
    content = collection(f"{address}/taxii/collections/1/", {"Authorization": "Bearer secret"})
    assert len(read_feed(content, Format.STIX).lines) == 6
    assert download(f"{address}/list.txt", {"Authorization": "Bearer secret"}) == PLAIN.encode()


def test_a_feed_that_cannot_be_had_is_a_temporary_failure(address: str) -> None:
    with pytest.raises(TemporaryError, match="404"):
        download(f"{address}/none", {"Authorization": "Bearer secret"})
