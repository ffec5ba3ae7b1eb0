"""Hostile images: the command ends, its memory stays bounded, and no file gets onto this machine."""

from __future__ import annotations

import resource
import tarfile
from pathlib import Path

from cdk_sagemaker_algorithm.containers.logs import LARGEST_FILE
from cdk_sagemaker_algorithm.preflight.run import RunOptions, RunStep
from tests.containers.conftest import Tools, only
from tests.containers.profiles import definition, run

TRAINING = RunOptions(step=RunStep.TRAINING)


@only("podman")
def test_an_endless_line_and_a_huge_log_stay_small(tools: Tools, tmp_path: Path) -> None:
    code = """
out = sys.stdout.buffer
for _ in range(150): out.write(b'x' * (1 << 20))
out.write(b'\\naccuracy: 0.5\\n'); out.flush(); model()
"""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = run(tools.engine, tools.image, definition(train=code), tmp_path, TRAINING)
    training = result.runs[0].training
    assert training is not None
    assert training.metrics[0].points[0][1] == 0.5
    assert training.log.dropped > 0
    assert (tmp_path / "out/Profile/training.log").stat().st_size <= LARGEST_FILE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_links_devices_and_pipes_in_the_model_are_not_packed(tools: Tools, tmp_path: Path) -> None:
    code = """
os.symlink('/etc/passwd', '/opt/ml/model/absolute'); os.symlink('../../../etc', '/opt/ml/model/outside')
os.mkfifo('/opt/ml/model/fifo'); model(); os.chmod('/opt/ml/model/model.txt', 0o4755)
try: os.mknod('/opt/ml/model/null', 0o20666, os.makedev(1, 3))
except OSError: pass
print('accuracy: 1')
"""
    result = run(tools.engine, tools.image, definition(train=code), tmp_path, RunOptions(startup_timeout=30, grace=5))
    training = result.runs[0].training
    assert training is not None
    model = training.model
    assert model is not None
    assert {"absolute", "outside", "fifo"} <= set(model.rejected)
    with tarfile.open(model.path) as archive:
        assert archive.getnames() == ["model.txt"]
    assert "model-special-files" in {finding.rule for finding in result.findings}
    assert result.runs[0].transform is not None


def test_a_model_directory_that_is_a_link_leads_nowhere(tools: Tools, tmp_path: Path) -> None:
    code = "os.rmdir('/opt/ml/model'); os.symlink('/etc', '/opt/ml/model'); print('accuracy: 1')"
    result = run(tools.engine, tools.image, definition(train=code), tmp_path, TRAINING)
    # Docker follows the link to nothing that was written; Podman copies the link itself.
    assert {"no-model", "model-special-files"} & {finding.rule for finding in result.findings}


@only("docker")
def test_an_answer_that_never_ends_is_given_up(tools: Tools, tmp_path: Path) -> None:
    code = """
class Endless(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/ping' else 404)
        self.send_header('Content-Length', '0'); self.end_headers()
    def do_POST(self):
        self.send_response(200); self.end_headers()
        while True: self.wfile.write(b'x'); self.wfile.flush(); time.sleep(.05)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
http.server.ThreadingHTTPServer(('', 8080), Endless).serve_forever()
"""
    options = RunOptions(startup_timeout=30, grace=5, invocation_timeout=2)
    result = run(tools.engine, tools.image, definition(serve=code), tmp_path, options)
    assert "invocation-timeout" in {finding.rule for finding in result.findings}


@only("podman")
def test_an_answer_that_ends_early_is_not_taken(tools: Tools, tmp_path: Path) -> None:
    code = """
class Short(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/ping' else 404)
        self.send_header('Content-Length', '0'); self.end_headers()
    def do_POST(self):
        self.rfile.read(int(self.headers['Content-Length']))
        self.send_response(200); self.send_header('Content-Length', '1000'); self.end_headers()
        self.wfile.write(b'x\\nx\\nx\\n')
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
http.server.ThreadingHTTPServer(('', 8080), Short).serve_forever()
"""
    result = run(tools.engine, tools.image, definition(serve=code), tmp_path, RunOptions(startup_timeout=30, grace=5))
    assert "invocation-failed" in {finding.rule for finding in result.findings}
    transform = result.runs[0].transform
    assert transform is not None
    assert "the response ended 994 bytes before its Content-Length" in transform.files[0].error


@only("docker")
def test_too_many_headers_and_terminal_sequences_do_no_harm(tools: Tools, tmp_path: Path) -> None:
    code = """
print('\\x1b[2J\\x1b]0;owned\\x07', flush=True)
class Headers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/ping' else 404)
        self.send_header('Content-Length', '0'); self.end_headers()
    def do_POST(self):
        self.send_response(200)
        for number in range(1000): self.send_header(f'X-{number}', 'x')
        self.end_headers()
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
http.server.ThreadingHTTPServer(('', 8080), Headers).serve_forever()
"""
    result = run(tools.engine, tools.image, definition(serve=code), tmp_path, RunOptions(startup_timeout=30, grace=5))
    assert "invocation-failed" in {finding.rule for finding in result.findings}
    transform = result.runs[0].transform
    assert transform is not None
    assert not any("\x1b" in line for line in transform.servers[0].log.tail)
