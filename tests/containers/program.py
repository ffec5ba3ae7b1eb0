"""The container of most tests: runs the few lines that a test gives it.

Training takes them from the hyperparameter `code`, serving from the environment variable `CODE`.
"""

# ruff: noqa: ARG001, FBT002, PLR0913, PLR0917, ANN001, ANN002, ANN201, ANN202, S102, S104
# mypy: ignore-errors
# pyright: basic
from __future__ import annotations

import http.server
import json
import os
import pathlib
import signal
import sys
import threading
import time

ML = pathlib.Path("/opt/ml")
DEFAULT = {"train": "model(); print('accuracy: 0.9')", "serve": "serve()"}


def model(text="model"):
    (ML / "model/model.txt").write_text(text)


def lines(body, headers):
    """Answer each line with one line."""
    return 200, b"".join(b"x\n" for _ in body.splitlines()), "text/csv"


PORT = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))


def serve(ping=lambda: 200, invoke=lines, parameters=None, host="0.0.0.0", port=PORT, stop=True, code=0):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, status, body=b"", kind="text/plain"):
            self.send_response(status)
            if kind:
                self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            if self.path == "/ping":
                self.answer(ping())
            elif self.path == "/execution-parameters" and parameters is not None:
                self.answer(200 if not isinstance(parameters, int) else parameters, str(parameters).encode())
            else:
                self.answer(404)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if "unsupported" in (self.headers["Content-Type"] or "") and invoke is lines:
                self.answer(415)
            else:
                self.answer(*invoke(body, self.headers))

        def log_message(self, *_):
            pass

    if stop:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(code))
    http.server.ThreadingHTTPServer((host, port), Handler).serve_forever()


if __name__ == "__main__":
    mode = sys.argv[1]
    if mode == "train":
        code = json.loads((ML / "input/config/hyperparameters.json").read_text()).get("code")
    else:
        code = os.environ.get("CODE")
    sys.stdout = os.fdopen(sys.stdout.fileno(), "w", buffering=1, closefd=False)
    exec(code or DEFAULT[mode], {**globals(), "threading": threading, "time": time})
