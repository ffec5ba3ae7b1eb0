"""Each way into a container without a network carries requests whole, and is not the container's loopback address."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from cdk_sagemaker_algorithm.containers import relay as relays
from cdk_sagemaker_algorithm.containers.engine import ContainerSpec, Engine
from cdk_sagemaker_algorithm.containers.listening_sockets import listening_sockets
from cdk_sagemaker_algorithm.containers.relay import INTERPRETERS, HttpClient, Relay, find_relay
from tests.containers.conftest import Tools
from tests.support.container_images import image_with_interpreters

HOSTNAME = "relayed"
ECHO = "serve(host=os.environ['HOST'], invoke=lambda body, headers: (200, body, 'text/csv'))"
CSV = {"Content-Type": "text/csv"}
LARGE = os.urandom(3 << 20)


def serving(tools: Tools, host: str) -> Iterator[str]:
    image = image_with_interpreters(tools.engine, "localhost/preflight-tests-interpreters:1", tools.image)
    name = f"{tools.engine.labels.run}-relay"
    variables = {"CODE": ECHO, "HOST": host}
    tools.engine.create(
        ContainerSpec(image=image, command=("serve",), name=name, hostname=HOSTNAME, environment=variables)
    )
    tools.engine.run("start", name)
    yield name
    tools.engine.remove(name)


@pytest.fixture
def server(tools: Tools) -> Iterator[str]:
    yield from serving(tools, "0.0.0.0")  # noqa: S104 - inside of a container


@pytest.fixture
def loopback_server(tools: Tools) -> Iterator[str]:
    yield from serving(tools, "127.0.0.1")


def all_relays(engine: Engine, container: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Relay]:
    found: dict[str, Relay] = {}
    for row in (*INTERPRETERS, None):
        monkeypatch.setattr(relays, "INTERPRETERS", () if row is None else (row,))
        relay = find_relay(engine, container, HOSTNAME)
        name = "nsenter" if row is None else row[0]
        assert relay is not None, f"{name} is in the image"
        found[name] = relay
    return found


def until_it_listens(engine: Engine, container: str, address: str) -> None:
    for _ in range(300):
        if address in map(str, listening_sockets(engine, container, HOSTNAME) or ()):
            return
        time.sleep(0.1)
    raise AssertionError("the server does not start")


@pytest.mark.skipif(os.geteuid() != 0, reason="entering a namespace needs root")
def test_each_relay_carries_requests_whole(server: str, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    found = all_relays(tools.engine, server, monkeypatch)
    assert set(found) == {"python3", "python", "perl", "node", "nsenter"}
    until_it_listens(tools.engine, server, "0.0.0.0:8080")
    for name, relay in found.items():
        client = HttpClient(relay)
        assert client.request("GET", "/ping").status == 200, name
        # Two on one connection: what the first leaves behind would break the second.
        for _ in range(2):
            answer = client.request("POST", "/invocations", body=LARGE, headers=CSV, timeout=30)
            assert (answer.status, answer.size) == (200, len(LARGE)), f"{name}: {answer.error}"
            assert answer.body.read() == LARGE, name
        client.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="entering a namespace needs root")
def test_no_relay_reaches_a_server_on_loopback(
    loopback_server: str, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = all_relays(tools.engine, loopback_server, monkeypatch)
    until_it_listens(tools.engine, loopback_server, "127.0.0.1:8080")
    for name, relay in found.items():
        client = HttpClient(relay)
        answer = client.request("GET", "/ping", timeout=10)
        assert (answer.status, answer.error) == (0, "connection refused or closed without a response"), name
        client.close()


def test_a_process_of_another_container_is_not_entered(
    server: str, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "INTERPRETERS", ())
    assert find_relay(tools.engine, server, "another") is None
