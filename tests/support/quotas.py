"""A Service Quotas endpoint, which the emulator lacks: values by the quotas' names."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cdk_sagemaker_algorithm.account import quota_codes


@dataclass(slots=True)
class Quotas:
    """The values of an account's quotas; those that are not named are 10. `url` is where they are served."""

    url: str
    values: dict[str, float] = field(default_factory=dict[str, float])

    def quota(self, code: str) -> dict[str, Any] | None:
        """The quota of a code."""
        names = {known: name for name, known in quota_codes.codes().items()}
        if code not in names:
            return None
        name = names[code]
        return {
            "ServiceCode": "sagemaker",
            "QuotaCode": code,
            "QuotaName": name,
            "Value": self.values.get(name, 10.0),
            "Adjustable": True,
        }


@contextmanager
def service_quotas() -> Generator[Quotas]:
    """Serve quotas on loopback while the context is open."""
    served = Quotas(url="")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            operation = str(self.headers["X-Amz-Target"]).rpartition(".")[2]
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = _answer(served, operation, request)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(quotas: Quotas, operation: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    if operation == "GetServiceQuota":
        quota = quotas.quota(request["QuotaCode"])
        if quota is None:
            return 400, {"__type": "NoSuchResourceException", "Message": "no such quota"}
        return 200, {"Quota": quota}
    if operation == "ListServiceQuotas":
        return 200, {"Quotas": [quotas.quota(code) for code in quota_codes.codes().values()]}
    return 200, {"RequestedQuotas": []}
