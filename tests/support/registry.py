"""A registry of one image on loopback, from the archive that `docker save` or `podman save` writes."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@contextmanager
def registry(archive: Path) -> Generator[str]:
    """Serve an image; yield the registry's host and port.

    Args:
        archive: The archive of one image.
    """
    blobs: dict[str, tuple[str, bytes]] = {}

    def add(kind: str, content: bytes) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        blobs[digest] = (kind, content)
        return {"mediaType": kind, "size": len(content), "digest": digest}

    with tarfile.open(archive) as saved:

        def read(name: str) -> bytes:
            member = saved.getmember(name)
            # docker save writes a layer that it has already as a link.
            if member.issym():
                member = saved.getmember(f"{name.rpartition('/')[0]}/{member.linkname}".replace("/..", ""))
            file = saved.extractfile(member)
            assert file is not None
            return file.read()

        (entry,) = json.loads(read("manifest.json"))
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": add(_CONFIG, read(entry["Config"])),
                "layers": [add(_LAYER, gzip.compress(read(name), compresslevel=1)) for name in entry["Layers"]],
            }
        ).encode()
    manifest_digest = str(add(_MANIFEST, manifest)["digest"])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            reference = self.path.rpartition("/")[2]
            if self.path == "/v2/":
                kind, content = "application/json", b"{}"
            elif "/manifests/" in self.path and not reference.startswith("sha256:"):
                kind, content = _MANIFEST, manifest
            else:
                kind, content = blobs.get(reference, ("text/plain", b""))
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            if content is manifest:
                self.send_header("Docker-Content-Digest", manifest_digest)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET  # noqa: N815 - the interface of the class

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the interface of the class
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
