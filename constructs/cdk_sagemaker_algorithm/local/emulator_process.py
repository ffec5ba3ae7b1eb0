"""Run the emulator for as long as its parent lives, closed to everything but this run; the emulator's Python runs this.

Its standard input is a pipe that nothing is written to. When the other end closes, and it does however that
process ends, this process group ends too.
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
    # As a script it runs under the emulator's Python, which has this folder but not the package.
    from run_key import REMEDY, RunKey

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_CORS = b"access-control-"
_POLICY_VIOLATION = 1008
#: As long as CloudFormation's addresses are good for.
_ADDRESS_SECONDS = 7200


class ClosedApp:
    """The emulator's application behind the check of who asks."""

    def __init__(self, app: App, key: RunKey, port: int) -> None:
        """Wrap it.

        Args:
            app: The emulator's application.
            key: The key of this run.
            port: The port that it is served on.
        """
        self._app = app
        self._key = key
        self._port = port

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request of this run, and reject any other."""
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
    """Keep answers to themselves: no header may open them to web pages."""

    async def send_closed(message: Message) -> None:
        if "headers" in message:
            message["headers"] = [pair for pair in message["headers"] if not pair[0].lower().startswith(_CORS)]
        await send(message)

    return send_closed


async def _reject(send: Send, reason: str) -> None:
    """Send the error of a request that is not this run's."""
    body = json.dumps({"__type": "UnrecognizedClientException", "message": f"{reason}; {REMEDY}"}).encode()
    headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class AddressSigner:
    """Signs the addresses that CloudFormation waits at, as S3 signs them."""

    def __init__(self, key: RunKey, region: str) -> None:
        """Prepare.

        Args:
            key: The key of this run.
            region: The region that the signature is for.
        """
        self._key = key
        self._region = region

    def signing(self, make: Callable[[str], str]) -> Callable[[str], str]:
        """Wrap a function that makes an address out of a token.

        Args:
            make: The emulator's function.
        """
        return lambda token: self.sign(make(token))

    def sign(self, url: str) -> str:
        """Add what S3 adds to the address of a PUT: credential, date, expiry and signature.

        Args:
            url: The address.
        """
        auth, request, credentials = (
            import_module(f"botocore.{name}") for name in ("auth", "awsrequest", "credentials")
        )
        keys = credentials.Credentials(self._key.access_key_id, self._key.secret_access_key)
        signed = request.AWSRequest(method="PUT", url=url)
        auth.S3SigV4QueryAuth(keys, "s3", self._region, expires=_ADDRESS_SECONDS).add_auth(signed)
        address: str = signed.url
        return address


def close(key: RunKey, region: str, port: int) -> None:
    """Put the check before the emulator, and let everything that it starts and gives out carry this run's key.

    Args:
        key: The key of this run.
        region: The region that everything is in.
        port: The port that the emulator is served on.
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


def _replace(module: str, name: str, make: Callable[[Any], object]) -> None:
    """Put something in the place of a function of the emulator, or end: without it the emulator would be open."""
    loaded = import_module(f"ministack.{module}")
    if not hasattr(loaded, name):
        raise SystemExit(f"ministack.{module} has no {name}: install the version of ministack in requirements.txt")
    setattr(loaded, name, make(getattr(loaded, name)))


def _end_with_parent() -> None:
    """Wait for the pipe to close, and end everything that was started here."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Run the emulator, with the settings in the environment."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Without this folder, whose modules are not the emulator's business.
    del sys.path[0]
    key = RunKey(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    close(key, os.environ["AWS_REGION"], int(os.environ["GATEWAY_PORT"]))
    import_module("ministack.app").main()


if __name__ == "__main__":
    main()
