"""The listening sockets of a container, from the text of /proc/net."""

from __future__ import annotations

from cdk_sagemaker_algorithm.containers.inference_server import Pings, ServerResult, waiting_for
from cdk_sagemaker_algorithm.containers.listening_sockets import parse

# As Linux writes them: one that listens, one connection, and IPv6.
TEXT = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 30 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:8AE2 01 00000000:00000000 00:00000000 00000000     0        0 31 1 0 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
"""


def test_only_listening_sockets_are_found() -> None:
    assert [str(socket) for socket in parse(TEXT)] == ["[::1]:80", "0.0.0.0:8000", "[::]:8080"]


def result(text: str | None, *, status: int = 0, port: int = 8080) -> ServerResult:
    pings = Pings(last_status=status, last_answer="refused", sockets=None if text is None else parse(text))
    return ServerResult(container="c", port=port, pings=pings)


def test_the_reason_names_what_listens_instead() -> None:
    assert waiting_for(result(TEXT)) == "the server listens on [::]:8080, which rejects IPv4"
    others = "nothing listens on port 9000; listening: [::1]:80, 0.0.0.0:8000, [::]:8080"
    assert waiting_for(result(TEXT, port=9000)) == others
    assert waiting_for(result("")) == "nothing listens on port 8080 or any other port"


def test_a_port_that_is_open_or_unknown_is_not_blamed() -> None:
    assert waiting_for(result(TEXT, port=8000)) == "refused"
    assert waiting_for(result(None)) == "refused"
    assert waiting_for(result(TEXT, status=503)) == "the last answer: HTTP 503"


def test_loopback_is_recognized_for_both_families() -> None:
    assert result(TEXT, port=80).listens_on_loopback
    assert not result(TEXT, port=8000).listens_on_loopback
    assert not result(TEXT, port=1).listens_on_loopback
