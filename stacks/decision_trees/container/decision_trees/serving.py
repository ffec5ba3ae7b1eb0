"""Serve predictions: ``GET /ping`` reports health, ``POST /invocations`` accepts and returns CSV."""

from __future__ import annotations

import csv
import io
import pickle
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from decision_trees.training import MODEL

PORT = 8080
CONTENT_TYPE = "text/csv"


class InferenceServer(ThreadingHTTPServer):
    """HTTP server with a loaded model."""

    def __init__(self, address: tuple[str, int], root: Path) -> None:
        """Load the model from a directory below `root` and listen."""
        # Trusted: the training of this image wrote the model.
        self.model: Any = pickle.loads((root / MODEL).read_bytes())  # noqa: S301 - the model that training wrote
        super().__init__(address, InferenceHandler)

    def predict(self, text: str) -> str:
        """Return one label per row of features.

        Raises:
            ValueError: A cell is not a number, or a row has not the width the model was trained with.
        """
        rows = [[float(cell) for cell in row] for row in csv.reader(io.StringIO(text)) if row]
        return "".join(f"{label}\n" for label in self.model.predict(rows)) if rows else ""


class InferenceHandler(BaseHTTPRequestHandler):
    """Handler of SageMaker's two requests."""

    server: InferenceServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        """Respond to ``/ping``."""
        self._answer(HTTPStatus.OK if self.path == "/ping" else HTTPStatus.NOT_FOUND, "")

    def do_POST(self) -> None:
        """Respond to ``/invocations``."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/invocations":
            self._answer(HTTPStatus.NOT_FOUND, "")
        elif self.headers.get_content_type() != CONTENT_TYPE:
            self._answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"this model takes {CONTENT_TYPE} only\n")
        else:
            self._invoke(body)

    def _invoke(self, body: bytes) -> None:
        try:
            self._answer(HTTPStatus.OK, self.server.predict(body.decode("utf-8")))
        except ValueError as error:
            self._answer(HTTPStatus.BAD_REQUEST, f"{error}\n")

    def _answer(self, status: HTTPStatus, text: str) -> None:
        body = text.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve(root: Path, host: str = "0.0.0.0", port: int = PORT) -> None:  # noqa: S104 - inside the container
    """Serve until the container is stopped."""
    with InferenceServer((host, port), root) as server:
        server.serve_forever()
