"""`cdk-sagemaker-algorithm local`: run a command against AWS on this machine."""

from __future__ import annotations

import math
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE
from cdk_sagemaker_algorithm.cli.shared_options import Options, options_of
from cdk_sagemaker_algorithm.local import LocalAws, LocalAwsError, ValidationPlan
from cdk_sagemaker_algorithm.local.child_process import find_command, run_command, stopping_once
from cdk_sagemaker_algorithm.local.installation import OVERRIDE
from cdk_sagemaker_algorithm.local.local_aws import DEFAULT_REGION, DEFAULT_TIME_SCALE
from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import STEPS, Step, step_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

app = typer.Typer(rich_markup_mode="markdown")

EXAMPLES = """
**Examples**

Deploy every stack of this directory, with validation simulated:

    cdk-sagemaker-algorithm local -- sh -c 'cdk bootstrap && cdk deploy --all'

Look around in a shell whose AWS is this machine:

    cdk-sagemaker-algorithm local -- bash

See what a failing training job looks like:

    cdk-sagemaker-algorithm local --fail "training=accuracy is 0.2" -- sh -c 'cdk bootstrap && cdk deploy'

Let validation take two minutes, and watch it:

    cdk-sagemaker-algorithm local --duration 120 -- bash
"""

#: What has to be there for a validation to come to a step.
_WAYS_TO: Mapping[Step, str] = MappingProxyType(
    {
        "image-scan": "deploy an algorithm and wait for its validation",
        "training": "it takes a validation profile, and images that pass",
        "model": "it takes a validation profile with a transform job, and a training job that succeeds",
        "transform": "it takes a validation profile with a transform job, and all steps before it must succeed",
    }
)

Command = Annotated[list[str], typer.Argument(metavar="COMMAND", help="The command, after `--`.")]
Fail = Annotated[
    list[str],
    typer.Option(
        "--fail",
        metavar="STEP=REASON",
        help=f"Let a step of every validation fail with a reason; STEP is one of {', '.join(STEPS)}.",
    ),
]
Duration = Annotated[
    float,
    typer.Option("--duration", metavar="SECONDS", help="How long a validation takes.", show_default=True),
]
TimeScale = Annotated[
    float,
    typer.Option("--time-scale", metavar="FACTOR", help="What the waits of Step Functions are multiplied by."),
]
LogFile = Annotated[Path | None, typer.Option("--log-file", metavar="FILE", help="Where the emulator's output goes.")]
EmulatorPath = Annotated[
    Path | None,
    typer.Option(
        "--emulator",
        metavar="DIR",
        envvar=OVERRIDE,
        help="A virtual environment that has the emulator; made once and cached if left out.",
    ),
]


@app.command(epilog=EXAMPLES, context_settings={"allow_interspersed_args": False})
def local(  # noqa: PLR0913 - each parameter is an option of the command line
    context: typer.Context,
    command: Command,
    *,
    fail: Fail = [],  # noqa: B006 - typer copies it
    duration: Duration = ValidationPlan().duration,
    time_scale: TimeScale = DEFAULT_TIME_SCALE,
    log_file: LogFile = None,
    emulator: EmulatorPath = None,
) -> None:
    """Run a command against AWS on this machine, SageMaker's algorithms included.

    Starts an AWS emulator and a SageMaker endpoint on loopback, runs COMMAND with an environment that leads
    to them and to no AWS account, and takes everything down when COMMAND ends. Needs neither Docker nor
    credentials; several can run at once. The exit status is COMMAND's.
    """
    options = options_of(context)
    _refuse_account(options)
    plan = ValidationPlan().lasting(_positive(duration, "--duration")).failing(_failures(fail))
    try:
        find_command(command)
        with (
            stopping_once(),
            LocalAws(
                plan=plan,
                region=options.region or DEFAULT_REGION,
                time_scale=_positive(time_scale, "--time-scale"),
                log_file=log_file,
                emulator=emulator,
                report=_report,
            ) as aws,
        ):
            status = run_command(command, aws.environment)
            _warn_of_missed(aws.sagemaker.failures_missed())
    except LocalAwsError as error:
        raise CliError(str(error)) from error
    raise typer.Exit(status)


def _refuse_account(options: Options) -> None:
    """Refuse options that choose an AWS, which would otherwise seem to have been used."""
    for option, value in (("--profile", options.profile), ("--endpoint-url", options.endpoint_url)):
        if value is not None:
            raise CliError(
                f"{option} {value!r} chooses another AWS than this machine; leave it out with local",
                exit_status=USAGE,
            )


def _failures(given: Iterable[str]) -> dict[Step, str]:
    """Read the steps that are to fail."""
    failures: dict[Step, str] = {}
    for text in given:
        name, equals, reason = text.partition("=")
        step = step_named(name)
        if step is None or not equals:
            allowed = ", ".join(STEPS)
            raise CliError(
                f"--fail {text!r} is not STEP=REASON with one of the steps {allowed};"
                ' write for example --fail "training=out of memory"',
                exit_status=USAGE,
            )
        failures[step] = reason
    return failures


def _warn_of_missed(failures: Mapping[Step, str]) -> None:
    """Say which of the failures that were asked for have not happened: the run shows nothing about them."""
    for step, reason in failures.items():
        _report(f"warning: --fail {step}={reason}: no validation came to this step; {_WAYS_TO[step]}")


def _positive(value: float, option: str) -> float:
    """Refuse what time cannot be."""
    if not (math.isfinite(value) and value > 0):
        raise CliError(f"{option} {value:g} is not a time; use a number above 0", exit_status=USAGE)
    return value


def _report(message: str) -> None:
    """Say what is going on, beside the command's own output."""
    typer.echo(message, err=True)
