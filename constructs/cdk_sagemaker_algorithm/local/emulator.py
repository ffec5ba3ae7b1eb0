"""Start, monitor and stop the emulator process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from cdk_sagemaker_algorithm.local.errors import LocalAwsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from cdk_sagemaker_algorithm.local.run_key import RunKey

_PROCESS = Path(__file__).with_name("emulator_process.py")
# Disable listeners that the run key does not protect.
_NO_OTHER_PORTS = {"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}
_ATTEMPTS = 3
_START_SECONDS = 60.0
_END_SECONDS = 5.0
_POLL = 0.1
_LAST_LINES = 10


class Emulator(AbstractContextManager["Emulator"]):
    """Emulator process that runs while the context is open."""

    def __init__(self, python: Path, key: RunKey, environment: Mapping[str, str], log_file: Path) -> None:
        """Create an emulator without starting it.

        Args:
            python: Python executable of the emulator's virtual environment.
            key: Credentials that requests must use.
            environment: Environment of the emulator and of the Lambda functions that it runs.
            log_file: File that receives the emulator's output.
        """
        self._python = python
        self._key = key
        self._environment = environment
        self._log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Endpoint URL of all emulated services."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Start the emulator and wait until it responds.

        Raises:
            LocalAwsError: If the emulator does not start.
        """
        with ExitStack() as failing:
            failing.callback(self._end)
            # Retry: another process can take the free port before the emulator does.
            if not any(self._start() for _ in range(_ATTEMPTS)):
                raise LocalAwsError(f"the AWS emulator does not start; its last output:\n{self._last_lines()}")
            failing.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the emulator."""
        self._end()

    def _start(self) -> bool:
        """Start the emulator on a free port; return False if it does not respond, after stopping it."""
        self._port = _free_port()
        settings = {
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self._port),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self._key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self._key.secret_access_key,
            **_NO_OTHER_PORTS,
        }
        with self._log_file.open("ab") as log:
            self._process = self._spawn({**self._environment, **settings}, log)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._answers():
                return self._process.poll() is None
            time.sleep(_POLL)
        self._end()
        return False

    def _spawn(self, environment: Mapping[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the process in its own session, so that it does not receive Ctrl-C from the terminal."""
        return subprocess.Popen(  # noqa: S603 - a fixed command
            [self._python, _PROCESS],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _answers(self) -> bool:
        # Ignore proxy settings: they do not apply to loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        credential = f"AWS4-HMAC-SHA256 Credential={self._key.access_key_id}/"
        request = urllib.request.Request(  # noqa: S310 - loopback only
            f"{self.url}/_ministack/health", headers={"Authorization": credential}
        )
        try:
            with opener.open(request, timeout=2):
                return True
        except (OSError, urllib.error.URLError):
            return False

    def _end(self) -> None:
        """Stop the process and the Lambda workers in its process group."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
        # Kill the remaining processes of the group.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            process.stdin.close()

    def _last_lines(self) -> str:
        lines = self._log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
