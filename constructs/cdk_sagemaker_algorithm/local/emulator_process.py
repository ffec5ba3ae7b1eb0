"""Run the emulator until its parent process exits, for this run only, and let validations overlap.

The emulator's Python runs this file. Standard input is a pipe that nothing is written to. The operating system closes
it when the parent process ends, for any reason, and then this process group ends too.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from cdk_sagemaker_algorithm.local.run_key import REMEDY, RunKey
else:
    # As a script, this file runs in the emulator's Python, without the package.
    from run_key import REMEDY, RunKey

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Sort = Callable[[dict[str, Any], dict[str, bool]], list[str]]

_CORS = b"access-control-"
_POLICY_VIOLATION = 1008
#: Validity of CloudFormation's response URLs.
_ADDRESS_SECONDS = 7200
#: Resource types that only wait; VALIDATION_TYPE of the contract, which the emulator's Python does not have.
_WAITS = ("Custom::SageMakerAlgorithmValidation", "AWS::CloudFormation::WaitCondition")


class ClosedApp:
    """Application of the emulator that checks the credentials of every request."""

    def __init__(self, app: App, key: RunKey, port: int) -> None:
        """Wrap an application.

        Args:
            app: ASGI application of the emulator.
            key: Credentials of this run.
            port: Port of the emulator.
        """
        self._app = app
        self._key = key
        self._port = port

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Forward a request of this run, and reject other requests."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        reason = self._key.refusal(headers, scope.get("query_string", b"").decode("latin-1"), self._port)
        if reason is None:
            await self._app(scope, receive, _without_cors(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            await _reject(send, reason)


def _without_cors(send: Send) -> Send:
    """Remove CORS headers, so that web pages cannot read responses."""

    async def send_closed(message: Message) -> None:
        if "headers" in message:
            message["headers"] = [pair for pair in message["headers"] if not pair[0].lower().startswith(_CORS)]
        await send(message)

    return send_closed


async def _reject(send: Send, reason: str) -> None:
    body = json.dumps({"__type": "UnrecognizedClientException", "message": f"{reason}; {REMEDY}"}).encode()
    headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class AddressSigner:
    """Signer of response URLs, in the format of pre-signed S3 URLs."""

    def __init__(self, key: RunKey, region: str) -> None:
        """Create a signer.

        Args:
            key: Credentials of this run.
            region: Region of the signature.
        """
        self._key = key
        self._region = region

    def signing(self, make: Callable[[str], str]) -> Callable[[str], str]:
        """Wrap a function that converts a token to a URL, so that the URL is signed."""
        return lambda token: self.sign(make(token))

    def sign(self, url: str) -> str:
        """Add credential, date, expiry and signature to the URL of a PUT request, as S3 does."""
        auth, request, credentials = (
            import_module(f"botocore.{name}") for name in ("auth", "awsrequest", "credentials")
        )
        keys = credentials.Credentials(self._key.access_key_id, self._key.secret_access_key)
        signed = request.AWSRequest(method="PUT", url=url)
        auth.S3SigV4QueryAuth(keys, "s3", self._region, expires=_ADDRESS_SECONDS).add_auth(signed)
        address: str = signed.url
        return address


def waits_last(sort: Sort, dependencies: Callable[[Any, set[str]], set[str]]) -> Sort:
    """Wrap the emulator's order of creation, so that it starts to wait when nothing else is left to create.

    CloudFormation creates resources in parallel; the emulator creates them one by one, in this order. So the
    validations of several algorithms overlap, although their waits do not.

    Args:
        sort: Returns logical IDs after those that they depend on.
        dependencies: Returns the logical IDs that a resource depends on, of those that are given.
    """

    def ordered(resources: dict[str, Any], conditions: dict[str, bool]) -> list[str]:
        names = sort(resources, conditions)
        # How many waits there are on the longest way to a resource, its own included.
        waits: dict[str, int] = {}
        for name in names:
            before = [waits[other] for other in dependencies(resources[name], set(names)) if other in waits]
            waits[name] = max(before, default=0) + (resources[name].get("Type") in _WAITS)
        return sorted(names, key=waits.__getitem__)

    return ordered


def close(key: RunKey, region: str, port: int) -> None:
    """Protect the emulator: check all requests, and use this run's credentials in functions and URLs.

    Args:
        key: Credentials of this run.
        region: Region of the emulator.
        port: Port of the emulator.
    """

    def function_credentials(_config: object) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
            "AWS_SESSION_TOKEN": "",
        }

    sign = AddressSigner(key, region)
    # In this order: the services import these functions by name.
    _replace("core.lambda_runtime", "execution_credentials", lambda _: function_credentials)
    _replace("services.iam", "_gen_access_key_id", lambda _: lambda: key.issue_access_key_id("AKIA"))
    _replace("services.iam", "_gen_session_access_key", lambda _: lambda: key.issue_access_key_id("ASIA"))
    _replace("services.cloudformation.custom_resource", "_response_url", sign.signing)
    _replace("services.cloudformation.wait_conditions", "handle_url", sign.signing)
    _replace("app", "app", lambda app: ClosedApp(app, key, port))


def overlap_validations() -> None:
    """Let the emulator start all validations of a stack before it waits for the first one."""
    dependencies = getattr(import_module("ministack.services.cloudformation.engine"), "_extract_deps")  # noqa: B009 - a private name, which pyright rejects as an attribute
    # Nested stacks take the function from the first module, other stacks from the second one.
    for module in ("engine", "stacks"):
        _replace(f"services.cloudformation.{module}", "_topological_sort", lambda sort: waits_last(sort, dependencies))


def _replace(module: str, name: str, make: Callable[[Any], object]) -> None:
    """Replace a function of the emulator, or exit: without the replacements it is unprotected, and another one."""
    loaded = import_module(f"ministack.{module}")
    if not hasattr(loaded, name):
        raise SystemExit(
            f"ministack.{module} does not contain {name}: install the version of ministack in requirements.txt"
        )
    setattr(loaded, name, make(getattr(loaded, name)))


def _end_with_parent() -> None:
    """Wait for the pipe to close, and end everything that was started here."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Run the emulator, with the settings in the environment."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Without this directory: the emulator must not import its modules.
    del sys.path[0]
    key = RunKey(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    close(key, os.environ["AWS_REGION"], int(os.environ["GATEWAY_PORT"]))
    overlap_validations()
    import_module("ministack.app").main()


if __name__ == "__main__":
    main()
