"""Send HTTP requests into a container without a network, to an address that is not its loopback address.

A relay process inside of the container (`ENGINE exec -i`) copies bytes between its standard streams and a port of
127.0.0.2. A server that listens on 127.0.0.1 alone rejects that address, as it rejects SageMaker. The relay is an
interpreter of the image; for images without one, it enters the container's network namespace (root on Linux only).
"""

from __future__ import annotations

import http.client
import io
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from typing import IO, Final, cast

from cdk_sagemaker_algorithm.containers.engine import Engine, is_local_process

PORT: Final = 8080
#: Where SageMaker's requests go to, as logs of real jobs show it.
HOST_HEADER: Final = "169.254.255.131"
USER_AGENT: Final = "Go-http-client/1.1"
LARGEST_ANSWER: Final = 1 << 30
_SPOOLED: Final = 8 << 20
_CHUNK: Final = 1 << 16
_CONNECTED: Final = b"\xff" * 4
_CONNECT: Final = 30.0
#: How an alert of TLS begins.
_TLS: Final = "\x15\x03"

# 127.0.0.2 is an address of the container that is not 127.0.0.1. The argument is the port.
# Four bytes 0xff once connected, then frames of 4 bytes of length and data; length 0 is the end. podman can lose what
# an exiting process wrote last (containers/podman#9096), so the relay stays until its standard input ends.
_PYTHON: Final = """import socket,sys,threading as t
k=socket.create_connection(('127.0.0.2',int(sys.argv[1])),5);o=sys.stdout.buffer;k.settimeout(None)
o.write(b'\\xff'*4);o.flush()
def d():
 while 1:
  try: b=k.recv(65536)
  except OSError: b=b''
  o.write(len(b).to_bytes(4,'big')+b);o.flush()
  if not b: break
t.Thread(target=d,daemon=True).start()
while 1:
 b=sys.stdin.buffer.raw.read(65536)
 if not b: break
 try: k.sendall(b)
 except OSError: pass
"""
_PERL: Final = (
    "use IO::Socket::INET;my$k=IO::Socket::INET->new(PeerAddr=>'127.0.0.2',PeerPort=>$ARGV[0])or die$!;"
    "$|=1;$k->autoflush;"
    "if(!fork){while(sysread STDIN,my$d,65536){syswrite$k,$d}shutdown$k,1;exit}"
    "while(sysread$k,my$d,65536){syswrite STDOUT,$d}"
)
_NODE: Final = (
    "const k=require('net').connect(process.argv[1],'127.0.0.2');process.stdin.pipe(k);k.pipe(process.stdout)"
)
#: Interpreter, its option, the program, and whether its output is framed; the first that the image has is used.
INTERPRETERS: Final = (
    # -I and -S skip what makes Python slow to start.
    ("python3", "-ISc", _PYTHON, True),
    ("python", "-ISc", _PYTHON, True),
    ("perl", "-e", _PERL, False),
    ("node", "-e", _NODE, False),
)


@dataclass(frozen=True, slots=True)
class Relay:
    """A command that copies bytes between its standard streams and the server.

    Attributes:
        command: The command; the port is appended.
        framed: Whether its output is framed.
    """

    command: tuple[str, ...]
    framed: bool


@dataclass(slots=True)
class HttpResponse:
    """The response to one request.

    Attributes:
        status: The HTTP status; 0 if there was no response.
        error: Why there was no response; empty otherwise.
        seconds: Time until the response was complete.
        headers: The response's headers.
        body: The response's body, positioned at its start.
        size: Length of the body in bytes.
    """

    status: int = 0
    error: str = ""
    seconds: float = 0.0
    headers: Message = field(default_factory=Message)
    body: IO[bytes] = field(default_factory=io.BytesIO)
    size: int = 0

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP

    @property
    def content_type(self) -> str:
        """The media type without parameters; empty if there is none."""
        return str(self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()

    def excerpt(self, length: int = 300) -> str:
        """Return the beginning of the body, or the error.

        Args:
            length: Number of bytes.
        """
        if self.error:
            return self.error
        self.body.seek(0)
        text = self.body.read(length).decode(errors="replace")
        self.body.seek(0)
        return text


def find_relay(engine: Engine, container: str, hostname: str) -> Relay | None:
    """Find a relay that works in a running container.

    Args:
        hostname: The host name inside, to recognize the container among this machine's processes.
    """
    for interpreter, option, script, framed in INTERPRETERS:
        # Printing the version is faster than running a program.
        if engine.run("exec", container, interpreter, "--version", check=False).returncode == 0:
            return Relay((engine.command, "exec", "-i", container, interpreter, option, script), framed)
    pid = engine.state(container).pid
    if pid and is_local_process(pid, hostname):
        return Relay(("nsenter", "--target", str(pid), "--net", sys.executable, "-c", _PYTHON), framed=True)
    return None


class _Connection(http.client.HTTPConnection):
    """An HTTP connection over a relay process."""

    def __init__(self, relay: Relay, port: int) -> None:
        super().__init__(HOST_HEADER, port)
        self._relay = relay
        self._process: subprocess.Popen[bytes] | None = None
        self._inner: socket.socket | None = None
        self.expired = False

    def connect(self) -> None:
        """Start the relay."""
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(  # noqa: S603 - the engine that the user chose
            [*self._relay.command, str(self.port)],
            stdin=theirs.fileno(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._inner = theirs
        self.sock = ours
        connected = threading.Event() if self._relay.framed else None
        threading.Thread(target=self._copy_back, args=(self._process, theirs, connected), daemon=True).start()
        # The time that the engine needs to start the relay is not the server's.
        if (connected is not None and not connected.wait(_CONNECT)) or self._process.poll() is not None:
            raise ConnectionRefusedError

    def expire(self) -> None:
        """End the request because its time is over."""
        self.expired = True
        self.hang_up()

    def hang_up(self) -> None:
        """End the relay. Not `close`: http.client calls that before it has read the body."""
        for end in (cast("socket.socket | None", self.sock), self._inner):
            if end is not None:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def discard(self) -> None:
        """End the relay and release its resources."""
        self.hang_up()
        self.close()
        if self._inner is not None:
            self._inner.close()
        if self._process is not None:
            self._process.wait()

    def _copy_back(
        self, process: subprocess.Popen[bytes], target: socket.socket, connected: threading.Event | None
    ) -> None:
        pipe = cast("io.BufferedReader", process.stdout)
        if connected is not None:
            if pipe.read(4) != _CONNECTED:
                process.wait()
            connected.set()
        while True:
            try:
                size = int.from_bytes(pipe.read(4), "big") if self._relay.framed else 0
                data = pipe.read(size) if self._relay.framed else pipe.read1(_CHUNK)
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(data)
            except (OSError, ValueError):
                return


class HttpClient:
    """Sends requests to a container's server, with one kept connection per concurrent request."""

    def __init__(self, relay: Relay, port: int = PORT) -> None:
        """Create a client; the first request connects.

        Args:
            relay: How the server is reached.
            port: The port that the server listens on.
        """
        self._relay = relay
        self._port = port
        self._idle: list[_Connection] = []
        self._busy: set[_Connection] = set()
        self._aborted = False
        self._lock = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 600.0,
    ) -> HttpResponse:
        """Send a request and read the whole response.

        Args:
            method: The HTTP method.
            body: The body; an iterable is sent in chunks.
            headers: More headers.
            timeout: Limit in seconds for the whole exchange.
        """
        words = (method, path, body, dict(headers or {}))
        connection, is_new = self._take()
        answer = self._exchange(connection, words, timeout)
        reusable = answer.status and not connection.expired and cast("socket.socket | None", connection.sock)
        with self._lock:
            self._busy.discard(connection)
            if reusable:
                self._idle.append(connection)
        if not reusable:
            connection.discard()
        # The server may close an idle connection at any time; Go's client sends the request again as well.
        if answer.status or is_new or connection.expired or not isinstance(body, bytes | None):
            return answer
        self.close()
        return self.request(method, path, body=body, headers=headers, timeout=timeout)

    def abort(self) -> None:
        """End the requests that wait for a response and all later ones; they report an error."""
        with self._lock:
            self._aborted = True
            busy = list(self._busy)
        for connection in busy:
            connection.expire()

    def close(self) -> None:
        """End all connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.discard()

    def _take(self) -> tuple[_Connection, bool]:
        """Return a connection, and whether it is new."""
        with self._lock:
            is_new = not self._idle
            connection = _Connection(self._relay, self._port) if is_new else self._idle.pop()
            connection.expired = self._aborted
            self._busy.add(connection)
            return connection, is_new

    @staticmethod
    def _exchange(
        connection: _Connection,
        request: tuple[str, str, bytes | Iterable[bytes] | None, dict[str, str]],
        timeout: float,
    ) -> HttpResponse:
        method, path, body, headers = request
        answer = HttpResponse()
        timer = threading.Timer(timeout, connection.expire)
        timer.daemon = True
        start = time.monotonic()
        try:
            if connection.expired:
                raise TimeoutError
            if cast("socket.socket | None", connection.sock) is None:
                connection.connect()
            start = time.monotonic()
            timer.start()
            connection.request(method, path, body, {"User-Agent": USER_AGENT, **headers})
            response = connection.getresponse()
            body, size = _read(response)
            # Without a Content-Length, the end of the connection looks like the end of the response.
            if connection.expired:
                body.close()
                raise TimeoutError
            answer.body, answer.size = body, size
            answer.headers, answer.status = response.headers, response.status
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = f"no complete response within {timeout:g} s" if connection.expired else _reason(error)
            answer = HttpResponse(error=reason)
        finally:
            timer.cancel()
        answer.seconds = time.monotonic() - start
        return answer


def _read(response: http.client.HTTPResponse) -> tuple[IO[bytes], int]:
    body = cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=_SPOOLED))  # noqa: SIM115 - the answer owns it
    size = 0
    while data := response.read(_CHUNK):
        size += len(data)
        if size > LARGEST_ANSWER:
            body.close()
            raise http.client.HTTPException(f"the response is larger than {LARGEST_ANSWER:,} bytes")
        body.write(data)
    # http.client reports a response that ends too early only if it is read in one piece.
    if response.length:
        body.close()
        raise http.client.IncompleteRead(b"", response.length)
    body.seek(0)
    return body, size


def _reason(error: Exception) -> str:
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
        return "connection refused or closed without a response"
    if isinstance(error, http.client.BadStatusLine):
        line = str(error)
        return f"the response is not HTTP: {line[:60]!r}{'; the server expects TLS' if line.startswith(_TLS) else ''}"
    if isinstance(error, http.client.IncompleteRead):
        return f"the response ended {error.expected or 0:,} bytes before its Content-Length"
    return f"{type(error).__name__}: {error}"
