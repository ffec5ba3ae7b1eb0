"""`cdk-sagemaker-algorithm local`: run a command against AWS on this machine."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from cdk_sagemaker_algorithm.cli import completion
from cdk_sagemaker_algorithm.cli.container_jobs import container_jobs
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE
from cdk_sagemaker_algorithm.cli.messages import note
from cdk_sagemaker_algorithm.cli.option_values import positive
from cdk_sagemaker_algorithm.cli.output import Json, TextOrJson
from cdk_sagemaker_algorithm.cli.shared_options import Options, options_of
from cdk_sagemaker_algorithm.local import LocalAws, LocalAwsError, ValidationPlan
from cdk_sagemaker_algorithm.local.child_process import CommandNotFoundError, find_command, run_command, stopping_once
from cdk_sagemaker_algorithm.local.installation import OVERRIDE
from cdk_sagemaker_algorithm.local.local_aws import DEFAULT_REGION, DEFAULT_TIME_SCALE, command_path
from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import STEPS, Step, step_named
from cdk_sagemaker_algorithm.reporting.envelope import envelope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

app = typer.Typer(rich_markup_mode="markdown")

EXAMPLES = """
**Examples**

Deploy every stack of this directory, with validation simulated:

    cdk-sagemaker-algorithm local -- sh -c 'cdk bootstrap && cdk deploy --all'

Open a shell whose AWS is local AWS:

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
        "training": "it requires a validation profile, and an image scan that passes",
        "model": "it requires a validation profile with a transform job, and a training job that succeeds",
        "transform": "it requires a validation profile with a transform job, and success of all earlier steps",
    }
)

#: What shells exit with.
_NOT_FOUND = 127

Command = Annotated[list[str], typer.Argument(metavar="COMMAND", help="The command, after `--`.")]
Fail = Annotated[
    list[str],
    typer.Option(
        "--fail",
        metavar="STEP=REASON",
        help=f"Fail a step of every validation with a reason; STEP is one of {', '.join(STEPS)}.",
        autocompletion=completion.failing_steps,
    ),
]
Duration = Annotated[
    float,
    typer.Option("--duration", metavar="SECONDS", help="Duration of a validation.", show_default=True),
]
TimeScale = Annotated[
    float,
    typer.Option("--time-scale", metavar="FACTOR", help="Factor for the waits of Step Functions."),
]
LogFile = Annotated[Path | None, typer.Option("--log-file", metavar="FILE", help="File for the emulator's output.")]
Existing = Annotated[
    list[str],
    typer.Option(
        "--existing",
        metavar="S3URI|ARN",
        help="What exists in your account and is to exist here: an S3 URI, or the ARN of a role or a KMS key. Without"
        " it, a validation that needs it fails.",
    ),
]
ImagesPushed = Annotated[
    bool,
    typer.Option("--images-pushed", help="Fail a validation if its images are not in local ECR."),
]
TrainingLog = Annotated[
    Path | None,
    typer.Option(
        "--training-log",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="Output of simulated training jobs, such as a real job's log: shows which metrics your regexes find.",
    ),
]
OutputFormat = Annotated[
    TextOrJson,
    typer.Option("--format", "-f", help="Output format; json prints the endpoints as one line before COMMAND runs."),
]
Containers = Annotated[
    bool,
    typer.Option(
        "--containers",
        help="Run validation jobs in real containers, and judge them as preflight does. Without an engine they stay"
        " simulated.",
    ),
]
EngineName = Annotated[
    str | None,
    typer.Option("--engine", metavar="COMMAND", help="Container engine. Default: $CDK_DOCKER, docker or podman."),
]
LocalImages = Annotated[
    list[str],
    typer.Option("--image", metavar="URI=NAME", help="With --containers: the local image of an image URI."),
]
EmulatorPath = Annotated[
    Path | None,
    typer.Option(
        "--emulator",
        metavar="DIR",
        envvar=OVERRIDE,
        help="Virtual environment that contains the emulator. Default: created once and cached.",
    ),
]


@app.command(epilog=EXAMPLES, context_settings={"allow_interspersed_args": False})
def local(
    context: typer.Context,
    command: Command,
    *,
    fail: Fail = [],
    duration: Duration = ValidationPlan().duration,
    time_scale: TimeScale = DEFAULT_TIME_SCALE,
    existing: Existing = [],
    images_pushed: ImagesPushed = False,
    training_log: TrainingLog = None,
    containers: Containers = False,
    engine: EngineName = None,
    image: LocalImages = [],
    log_file: LogFile = None,
    output_format: OutputFormat = TextOrJson.TEXT,
    as_json: Json = False,
    emulator: EmulatorPath = None,
) -> None:
    """Run a command against local AWS, including SageMaker's algorithms.

    Starts an AWS emulator and a SageMaker endpoint on loopback, runs COMMAND with an environment that leads
    to them and to no AWS account, and takes everything down when COMMAND ends. Needs neither Docker nor
    credentials; several can run at once. The exit status is COMMAND's, or 127 if there is no such command.

    Jobs are simulated, or run in containers with --containers. No permission is checked. A validation fails, as on
    AWS, if its role does not exist or SageMaker may not assume it, if its input or the bucket of its output does not
    exist, or if an image is of another region.
    """
    options = options_of(context)
    _refuse_account(options)
    plan = ValidationPlan().lasting(positive("--duration", duration)).failing(_failures(fail))
    if training_log is not None:
        lines = training_log.read_text(encoding="utf-8", errors="replace").splitlines()
        plan = replace(plan, training_log=tuple(lines))
    try:
        find_command(command, command_path())
        with (
            stopping_once(),
            container_jobs(_images(image), engine, _report) if containers else nullcontext() as jobs,
            LocalAws(
                plan=plan,
                runner=jobs.runner if jobs else None,
                region=options.region or DEFAULT_REGION,
                existing=existing,
                images_pushed=images_pushed,
                time_scale=positive("--time-scale", time_scale),
                log_file=log_file,
                emulator=emulator,
                report=_report,
            ) as aws,
        ):
            if jobs is not None:
                jobs.connect(lambda: aws.client("s3"))
            _announce(aws, TextOrJson.JSON if as_json else output_format, kept=log_file is not None)
            status = run_command(*aws.marked(command))
            _warn_of_missed(aws.sagemaker.failures_missed(), aws.missed)
        _report("local AWS is stopped, and everything deployed to it is removed")
    except CommandNotFoundError as error:
        raise CliError(str(error), exit_status=_NOT_FOUND) from error
    except LocalAwsError as error:
        raise CliError(str(error)) from error
    raise typer.Exit(status)


def _images(values: Iterable[str]) -> dict[str, str]:
    """Read the local images."""
    images: dict[str, str] = {}
    for value in values:
        uri, equals, name = value.rpartition("=")
        if not equals or not uri or not name:
            raise CliError(f"--image {value!r}: write URI=NAME", exit_status=USAGE)
        images[uri] = name
    return images


def _announce(aws: LocalAws, output_format: TextOrJson, *, kept: bool) -> None:
    """Report that local AWS runs, and its endpoints."""
    removed = "" if kept else " (removed at the end; --log-file FILE keeps it)"
    _report(f"local AWS is up: account {aws.account}, {aws.region}; the emulator's log is {aws.log_path}{removed}")
    match output_format:
        case TextOrJson.TEXT:
            return
        case TextOrJson.JSON:
            members = {
                "account": aws.account,
                "region": aws.region,
                "endpointUrl": aws.url,
                "sagemakerEndpointUrl": aws.sagemaker_url,
                "logFile": str(aws.log_path),
            }
            typer.echo(json.dumps(envelope("local", **members)))
        case _:
            assert_never(output_format)


def _refuse_account(options: Options) -> None:
    """Reject options that select an AWS account: local AWS would ignore them."""
    for option, value in (("--profile", options.profile), ("--endpoint-url", options.endpoint_url)):
        if value is not None:
            raise CliError(
                f"{option} {value!r} chooses another AWS than this machine; leave it out with local",
                exit_status=USAGE,
            )


def _failures(given: Iterable[str]) -> dict[Step, str]:
    """Read the planned failures."""
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


def _warn_of_missed(failures: Mapping[Step, str], absent: Iterable[str]) -> None:
    """Warn about planned failures that no validation reached, and about missing resources."""
    for step, reason in failures.items():
        _report(f"warning: --fail {step}={reason}: no validation reached this step; {_WAYS_TO[step]}")
    for name in absent:
        remedy = "push it, or leave --images-pushed out" if ".dkr.ecr." in name else f"add --existing {name}"
        _report(f"warning: local AWS does not have {name}, so a validation failed; if your account has it, {remedy}")


def _report(message: str) -> None:
    """Report progress on standard error, apart from the command's output."""
    note(message)
