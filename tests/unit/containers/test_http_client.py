"""HTTP over a relay process; the server is on this machine instead of in a container."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cdk_sagemaker_algorithm.containers.relay import INTERPRETERS, HttpClient, Relay

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 0.2
    release = threading.Event()

    def do_POST(self) -> None:
        encoding = self.headers.get("Transfer-Encoding", "none")
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/waits":
            self.release.wait(30)
        self.send_response(200)
        self.send_header("Content-Length", str(len(encoding)))
        self.end_headers()
        self.wfile.write(encoding.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the interface of the class
        """Write nothing."""


@pytest.fixture
def client() -> Iterator[HttpClient]:
    interpreter, option, script, framed = INTERPRETERS[0]
    server = ThreadingHTTPServer(("127.0.0.2", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    relay = Relay((sys.executable or interpreter, option, script), framed)
    with closing(HttpClient(relay, server.server_address[1])) as client:
        yield client
    Handler.release.set()
    server.shutdown()
    server.server_close()
    Handler.release.clear()


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(client: HttpClient) -> None:
    assert client.request("POST", "/", body=b"1").status == 200
    # The server closes an idle connection after 0.2 s.
    threading.Event().wait(0.6)
    assert client.request("POST", "/", body=b"2").status == 200


def test_an_iterable_has_chunked_encoding(client: HttpClient) -> None:
    assert client.request("POST", "/", body=b"1").body.read() == b"none"
    assert client.request("POST", "/", body=iter([b"1", b"2"])).body.read() == b"chunked"


def test_abort_ends_requests_that_wait_and_later_ones(client: HttpClient) -> None:
    threading.Timer(1.0, client.abort).start()
    answer = client.request("POST", "/waits", body=b"1", timeout=60)
    assert (answer.status, answer.seconds < 30) == (0, True)
    assert client.request("POST", "/", body=b"1").status == 0
