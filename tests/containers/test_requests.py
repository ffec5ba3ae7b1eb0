"""How requests reach a server, and what is reported if they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.preflight.run import RunOptions
from tests.containers.conftest import Tools, engine_named, only
from tests.containers.profiles import definition, run

QUICK = RunOptions(startup_timeout=8, grace=5)
IPV6 = """
import socket
class Six(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()
Six(('::', 8080), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
CHUNKED = """
class Chunked(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        self.send_response(200 if self.path == '/ping' else 404)
        self.send_header('Content-Length', '0'); self.end_headers()
    def do_POST(self):
        assert self.headers['Transfer-Encoding'] == 'chunked'
        body = b''
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size); self.rfile.readline()
        self.rfile.readline()
        self.send_response(200); self.send_header('Content-Type', 'text/csv')
        self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
http.server.ThreadingHTTPServer(('', 8080), Chunked).serve_forever()
"""


@pytest.mark.parametrize(
    ("shared_tools", "code", "reason"),
    [
        engine_named("podman", "serve(port=8000)", "nothing listens on port 8080; listening: 0.0.0.0:8000"),
        engine_named("docker", IPV6, "the server listens on [::]:8080, which rejects IPv4"),
        engine_named("podman", "time.sleep(60)", "nothing listens on port 8080 or any other port"),
    ],
    ids=["another-port", "ipv6", "none"],
    indirect=["shared_tools"],
)
def test_a_server_that_is_not_reached_says_where_it_listens(
    code: str, reason: str, tools: Tools, tmp_path: Path
) -> None:
    result = run(tools.engine, tools.image, definition(serve=code), tmp_path, QUICK)
    (finding,) = [finding for finding in result.findings if finding.rule == "ping-failed"]
    assert reason in finding.message


@only("docker")
def test_without_a_payload_limit_requests_are_chunked(tools: Tools, tmp_path: Path) -> None:
    content = definition(serve=CHUNKED, transform={"MaxPayloadInMB": 0})
    result = run(tools.engine, tools.image, content, tmp_path, RunOptions(startup_timeout=30, grace=5))
    assert {finding.rule for finding in result.findings} <= {"unsupported-type"}
    assert (tmp_path / "out/Profile/output/rows.csv.out").read_text() == "1,2\n3,4\n5,6\n"


def test_memory_that_runs_out_leaves_no_file_here(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    content = definition(train="x = b'x' * (1 << 29); print(len(x))")
    result = run(tools.engine, tools.image, content, tmp_path, RunOptions(memory="128m"))
    assert "training-killed" in {finding.rule for finding in result.findings}
    assert {path.name for path in set(tmp_path.iterdir()) - before} <= {"data", "out"}
