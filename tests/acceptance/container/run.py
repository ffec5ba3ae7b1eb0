"""A minimal container for SageMaker's validation: `train` writes a model, `serve` returns its input."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ML = Path("/opt/ml")


def train() -> None:
    """Write a model, or fail if the hyperparameter `fail` says so."""
    values = json.loads((ML / "input/config/hyperparameters.json").read_text())
    sys.stdout.write("accuracy: 0.91\n")
    if values.get("fail") == "1":
        (ML / "output").mkdir(parents=True, exist_ok=True)
        (ML / "output/failure").write_text("the hyperparameter fail is 1")
        raise SystemExit(1)
    (ML / "model").mkdir(parents=True, exist_ok=True)
    (ML / "model/model.json").write_text("{}")


class Handler(BaseHTTPRequestHandler):
    """Handler of SageMaker's two paths."""

    def do_GET(self) -> None:
        """Respond to the health check."""
        self._send(b"")

    def do_POST(self) -> None:
        """Return one line per input line."""
        self._send(self.rfile.read(int(self.headers["Content-Length"])))

    def _send(self, body: bytes) -> None:
        self.send_response(200 if self.path in ("/ping", "/invocations") else 404)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    if sys.argv[1:] == ["train"]:
        train()
    else:
        HTTPServer(("", 8080), Handler).serve_forever()
