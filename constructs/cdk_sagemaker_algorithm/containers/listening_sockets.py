"""The TCP sockets that listen in a container, read from its `/proc/net`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

from cdk_sagemaker_algorithm.containers.engine import Engine, is_local_process

_FILES: Final = ("/proc/net/tcp", "/proc/net/tcp6")
_READ: Final = "import sys; [print(open(name).read()) for name in sys.argv[1:]]"
#: Commands that print files; the first one that the image has is used.
_READERS: Final = (("cat",), ("python3", "-c", _READ), ("python", "-c", _READ))
_LISTEN: Final = "0A"


@dataclass(frozen=True, slots=True, order=True)
class ListeningSocket:
    """A socket that accepts connections.

    Attributes:
        address: The address, such as `0.0.0.0` or `::`.
    """

    port: int
    address: IPv4Address | IPv6Address

    @property
    def is_ipv6(self) -> bool:
        """Whether the socket has an IPv6 address; `::` can accept IPv4 as well."""
        return isinstance(self.address, IPv6Address)

    def __str__(self) -> str:
        """Write address and port, such as `0.0.0.0:8080` or `[::]:8080`."""
        return f"[{self.address}]:{self.port}" if self.is_ipv6 else f"{self.address}:{self.port}"


def listening_sockets(engine: Engine, container: str, hostname: str) -> tuple[ListeningSocket, ...] | None:
    """List the sockets that listen in a running container; None if that cannot be read.

    Args:
        hostname: The host name inside, to recognize the container among this machine's processes.
    """
    pid = engine.state(container).pid
    if pid and is_local_process(pid, hostname):
        with suppress(OSError):
            text = "".join(Path(f"/proc/{pid}{name.removeprefix('/proc')}").read_text() for name in _FILES)
            return parse(text)
    for reader in _READERS:
        done = engine.run("exec", container, *reader, *_FILES, check=False)
        if done.returncode == 0:
            return parse(done.stdout.decode(errors="replace"))
    return None


def parse(text: str) -> tuple[ListeningSocket, ...]:
    """Find the listening sockets in the text of `/proc/net/tcp` and `/proc/net/tcp6`.

    Args:
        text: The text of one or both files.
    """
    return tuple(sorted(set(_sockets(text)), key=lambda item: (item.port, str(item))))


def _sockets(text: str) -> Iterator[ListeningSocket]:
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 4 or fields[3] != _LISTEN:  # noqa: PLR2004 - number, local and remote address, state
            continue
        address, _, port = fields[1].partition(":")
        # Each group of 32 bits is in the order of the machine.
        groups = [bytes.fromhex(address[start : start + 8])[::-1] for start in range(0, len(address), 8)]
        packed = b"".join(groups)
        yield ListeningSocket(int(port, 16), IPv4Address(packed) if len(groups) == 1 else IPv6Address(packed))
