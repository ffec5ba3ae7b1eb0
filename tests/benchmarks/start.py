"""How long imports and commands take until they have done something: whole processes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk

from cdk_sagemaker_algorithm import Algorithm
from tests.benchmarks import definition
from tests.benchmarks.timing import ROOT, environment, medians, process_seconds, python_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

OURS: Final = "ours"
AWS_CDK: Final = "import aws_cdk"
WITH_LAMBDA: Final = "import aws_cdk, aws_lambda, stepfunctions"
PYTHON: Final = "python, nothing"
CDK_VERSION: Final = "cdk --version"
CDK_DIFF: Final = "cdk diff"
COMMAND: Final = str(Path(sys.executable).parent / "cdk-sagemaker-algorithm")

#: What must not be imported before it is needed.
LATE: Final = (
    "aws_cdk.aws_lambda",
    "aws_cdk.aws_stepfunctions",
    "aws_cdk.aws_sagemaker",
    "aws_cdk.aws_ec2",
    "aws_cdk.aws_ecr",
    "aws_cdk.aws_events",
    "aws_cdk.aws_cloudwatch",
    "aws_cdk.custom_resources",
    "boto3",
    "botocore",
    "rich",
    "typer",
    "cdk_sagemaker_algorithm.cli",
    "cdk_sagemaker_algorithm.diff",
    "cdk_sagemaker_algorithm.local",
)


def imports(rounds: int) -> dict[str, float]:
    """Seconds until the construct is there."""
    return medians(
        {
            OURS: lambda: python_seconds("from cdk_sagemaker_algorithm import Algorithm, AlgorithmProvider"),
            AWS_CDK: lambda: python_seconds("import aws_cdk"),
            WITH_LAMBDA: lambda: python_seconds("import aws_cdk, aws_cdk.aws_lambda, aws_cdk.aws_stepfunctions"),
        },
        rounds=rounds,
    )


def modules_of(code: str) -> set[str]:
    """The modules that a program has imported when it ends."""
    program = f"import sys\n{code}\nsys.stdout.write('\\n' + ' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def modules_of_command(*arguments: str) -> set[str]:
    """The modules that the command line imports for some arguments."""
    code = f"import contextlib\nfrom cdk_sagemaker_algorithm.cli import main\nsys.argv[1:] = {list(arguments)!r}\n"
    return modules_of(code + "with contextlib.suppress(SystemExit):\n    main()")


def commands(rounds: int) -> dict[str, dict[str, float]]:
    """Seconds of the commands that need no AWS, and of comparable programs."""
    with tempfile.TemporaryDirectory() as folder:
        request = Path(folder, "request.json")
        request.write_text(json.dumps({"AlgorithmName": "trees", **definition.as_request()}), encoding="utf-8")
        python: Callable[[], float] = lambda: python_seconds("pass")  # noqa: E731 - one of a table
        aws_cdk: Callable[[], float] = lambda: python_seconds("import aws_cdk")  # noqa: E731 - measured when it is needed
        common = {PYTHON: python, AWS_CDK: aws_cdk}
        peer = {CDK_VERSION: lambda: process_seconds("cdk", "--version")} if shutil.which("cdk") else {}
        return {
            "--help": medians({OURS: lambda: process_seconds(COMMAND, "--help"), **common, **peer}, rounds=rounds),
            "check": medians({OURS: lambda: process_seconds(COMMAND, "check", str(request)), **common}, rounds=rounds),
        }


def diff(rounds: int, algorithms: int) -> dict[str, float]:
    """Seconds of a diff of two cloud assemblies in which each algorithm differs."""
    with tempfile.TemporaryDirectory() as folder:
        base, head = (
            _assembly(Path(folder, side), algorithms, default) for side, default in (("a", "32"), ("b", "16"))
        )
        template = base / "Stack.template.json"
        # It takes the account from the environment and asks nobody.
        cdk_diff = ("cdk", "diff", "--app", str(head), "--template", str(template), "Stack")
        subjects = {OURS: lambda: process_seconds(COMMAND, "diff", str(base), str(head))}
        if shutil.which("cdk"):
            subjects[CDK_DIFF] = lambda: process_seconds(*cdk_diff, cwd=Path(folder))
        return medians(subjects, rounds=rounds)


def _assembly(folder: Path, algorithms: int, default: str) -> Path:
    app = cdk.App(outdir=str(folder))
    stack = cdk.Stack(app, "Stack", suppress_template_indentation=True)
    for number in range(algorithms):
        request = definition.as_request()
        request["TrainingSpecification"]["SupportedHyperParameters"][0]["DefaultValue"] = default
        timeout = cdk.Duration.hours(definition.VALIDATION_HOURS)
        Algorithm.from_request(stack, f"Algorithm{number}", request, validation_timeout=timeout)
    app.synth()
    return folder
