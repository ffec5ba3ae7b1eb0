"""Report what a SageMaker container sees: ``train`` writes it to the log, ``serve`` answers with it.

Values of environment variables that can hold secrets are left out.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import stat
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any

ML = Path("/opt/ml")
MARK = "PROBE "
_SECRET = re.compile(r"SECRET|TOKEN|PASSWORD|ACCESS_KEY|CREDENTIALS", re.IGNORECASE)
_LIMITS = (
    "RLIMIT_NOFILE",
    "RLIMIT_NPROC",
    "RLIMIT_MEMLOCK",
    "RLIMIT_STACK",
    "RLIMIT_CORE",
)
_SHOWN = 4096
_DIRECTORIES = (ML / "model", ML / "input", ML / "output", Path("/tmp"))  # noqa: S108 - is asked for


def environment() -> dict[str, str]:
    """Return the environment variables, without secrets."""
    return {
        name: "(left out)" if _SECRET.search(name) else value
        for name, value in sorted(os.environ.items())
    }


def files(root: Path) -> list[dict[str, Any]]:
    """List files with mode, owner and size; with the content of small configuration files."""
    entries: list[dict[str, Any]] = []
    for path in [root, *sorted(root.rglob("*"))][:500]:
        info = path.lstat()
        entry: dict[str, Any] = {
            "path": str(path),
            "mode": stat.filemode(info.st_mode),
            "owner": f"{info.st_uid}:{info.st_gid}",
            "size": info.st_size,
        }
        if path.suffix == ".json" and stat.S_ISREG(info.st_mode):
            entry["content"] = path.read_text(encoding="utf-8", errors="replace")[
                :_SHOWN
            ]
        entries.append(entry)
    return entries


def lines_of(path: Path) -> list[str] | None:
    """Return the lines of a file; None if it does not exist, as resolv.conf in Podman without a network."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None


def machine() -> dict[str, Any]:
    """Return limits, mounts, user, capabilities and names."""
    shm = os.statvfs("/dev/shm")  # noqa: S108 - its size is what is asked for
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return {
        "arguments": sys.argv,
        "user": f"{os.getuid()}:{os.getgid()}",
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "limits": {
            name: resource.getrlimit(getattr(resource, name)) for name in _LIMITS
        },
        "shm": shm.f_frsize * shm.f_blocks,
        "mounts": Path("/proc/mounts").read_text(encoding="utf-8").splitlines(),
        "capabilities": re.findall(
            r"Cap\w+:\s+\w+|NoNewPrivs:\s+\d|Seccomp:\s+\d", status
        ),
        "hosts": lines_of(Path("/etc/hosts")),
        "resolver": lines_of(Path("/etc/resolv.conf")),
    }


def is_writable(path: Path) -> bool:
    """Return whether a file can be created in a directory."""
    try:
        (path / ".probe").write_text("", encoding="utf-8")
        (path / ".probe").unlink()
    except OSError:
        return False
    return True


def report(name: str, value: Any) -> None:
    """Write one line that the log's readers can find."""
    sys.stdout.write(f"{MARK}{json.dumps({name: value}, default=str)}\n")
    sys.stdout.flush()


def observe() -> dict[str, Any]:
    """Collect everything."""
    return {
        "environment": environment(),
        "machine": machine(),
        "files": files(ML),
        "writable": {str(path): is_writable(path) for path in _DIRECTORIES},
    }


def train() -> None:
    """Report, one line a subject, and leave the same as a model."""
    begun = time.time()
    signal.signal(
        signal.SIGTERM,
        lambda number, _: report(
            "signal", {"number": number, "after": time.time() - begun}
        ),
    )
    found = observe()
    for name, value in found.items():
        report(name, value)
    sys.stderr.write("probe-metric: 1.0\n")
    (ML / "model").mkdir(parents=True, exist_ok=True)
    (ML / "model/probe.json").write_text(
        json.dumps(found, default=str), encoding="utf-8"
    )


class Handler(BaseHTTPRequestHandler):
    """Answers every request with a description of it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer /ping with 200, and every other path with 404, as a container without /execution-parameters."""
        report("request", self._described(b""))
        self._answer(200 if self.path == "/ping" else 404, b"")

    def do_POST(self) -> None:
        """Answer with the request itself: one line of JSON."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        described = self._described(body)
        report("request", described)
        self._answer(200, json.dumps(described).encode() + b"\n")

    def _described(self, body: bytes) -> dict[str, Any]:
        return {
            "time": time.time(),
            "from": self.client_address,
            "method": self.command,
            "path": self.path,
            "headers": self.headers.items(),
            "bytes": len(body),
            "beginning": body[:200].decode(errors="replace"),
        }

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve() -> None:
    """Report, then answer requests until SIGTERM."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the interface of signal
        report("signal", {"number": number})
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    for name, value in observe().items():
        report(name, value)
    ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()  # noqa: S104 - inside of a container


if __name__ == "__main__":
    {"train": train, "serve": serve}[sys.argv[1]]()
