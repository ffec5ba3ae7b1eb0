"""Chromium without a screen, for pages that are served on loopback."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
_SCHEMES = {"light": 1, "dark": 0}
_RESULT = re.compile(r'<pre id="result">(.*?)</pre>', re.DOTALL)


@contextmanager
def served(pages: dict[str, str]) -> Generator[tuple[str, list[str]]]:
    """Serve pages by their paths; gives the address, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def browse(profile: Path, *arguments: str, scheme: Literal["light", "dark"] = "light") -> str:
    """Run the browser once and give what it writes."""
    assert BROWSER is not None
    preference = f"--blink-settings=preferredColorScheme={_SCHEMES[scheme]}"
    done = subprocess.run(
        [BROWSER, *_FLAGS, preference, f"--user-data-dir={profile}", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def measured(profile: Path, address: str, *, scheme: Literal["light", "dark"]) -> dict[str, Any]:
    """What the script of a page has written into its element `result`, as JSON."""
    dom = browse(profile, "--virtual-time-budget=5000", "--dump-dom", address, scheme=scheme)
    found = _RESULT.search(dom)
    assert found is not None, dom[:2000]
    result: dict[str, Any] = json.loads(unescape(found[1]))
    return result
