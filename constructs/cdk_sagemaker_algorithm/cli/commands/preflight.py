"""`cdk-sagemaker-algorithm preflight`: check the account, and run the validation in local containers."""

from __future__ import annotations

import re
import shlex
import signal
import tempfile
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cdk_sagemaker_algorithm.account.check import PREFIX as ACCOUNT_PREFIX
from cdk_sagemaker_algorithm.account.run_checks import DEFAULT_TIME_LIMIT
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.cli import completion
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE
from cdk_sagemaker_algorithm.cli.finding_locations import located
from cdk_sagemaker_algorithm.cli.messages import note
from cdk_sagemaker_algorithm.cli.option_values import positive
from cdk_sagemaker_algorithm.cli.output import (
    STANDARD_OUTPUT,
    Force,
    FormatOption,
    Json,
    OutputFile,
    Strict,
    exit_with,
    write,
    write_report,
)
from cdk_sagemaker_algorithm.cli.preflight_account import (
    AccountOptions,
    OnlyAccount,
    OnlyChecks,
    OnlyContainers,
    PrintPolicy,
    TimeLimit,
    Verbose,
    account_notes,
    account_policy,
    account_report,
    account_report_if_possible,
    joined,
    stop_if_unanswered,
)
from cdk_sagemaker_algorithm.cli.shared_options import Options, options_of
from cdk_sagemaker_algorithm.cli.synthesis import App, assembly_of
from cdk_sagemaker_algorithm.containers.engine import Engine, EngineError, find_engine
from cdk_sagemaker_algorithm.containers.guard import guarded
from cdk_sagemaker_algorithm.containers.inference_server import STARTUP_TIMEOUT
from cdk_sagemaker_algorithm.model.display_text import counted, size_text
from cdk_sagemaker_algorithm.preflight.image_store import ImageOptions, remove_built
from cdk_sagemaker_algorithm.preflight.inputs import AlgorithmInput, read_algorithms
from cdk_sagemaker_algorithm.preflight.profile_data import DEFAULT_LIMIT, DataOptions, clear_cache
from cdk_sagemaker_algorithm.preflight.report import finding_report
from cdk_sagemaker_algorithm.preflight.rules import RULES
from cdk_sagemaker_algorithm.preflight.run import NEVER_CHECKED, RunOptions, RunStep, run_algorithm
from cdk_sagemaker_algorithm.reporting import FindingReport
from cdk_sagemaker_algorithm.reporting.formats import FindingFormat
from cdk_sagemaker_algorithm.reporting.formats.text import summary

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.preflight.formats.steps import Screen
    from cdk_sagemaker_algorithm.preflight.run import AlgorithmResult

app = typer.Typer(rich_markup_mode="markdown")

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", re.IGNORECASE)

#: Parameters that only a run in containers uses, and those that only the account's checks use.
_OF_CONTAINERS = frozenset(
    [
        "profile_name",
        "step",
        "thorough",
        "image",
        "build",
        "pull",
        "data",
        "download",
        "max_download",
        "model",
        "mount",
        "engine",
        "max_runtime",
        "startup_timeout",
        "memory",
        "gpus",
        "keep",
        "quiet",
        "report",
        "out",
    ]
)
_OF_ACCOUNT = frozenset({"only", "time_limit", "verbose"})
_OF_RESULTS = frozenset({"output_format", "json_output", "strict"})

EXAMPLES = """
**Examples**

Ask the account, then run the validation profiles of the app in cdk.out:

    cdk-sagemaker-algorithm preflight

Ask the account only, in seconds:

    cdk-sagemaker-algorithm preflight --account

Print the IAM policy that this needs:

    cdk-sagemaker-algorithm preflight --account --policy

Run a request with local images and data:

    cdk-sagemaker-algorithm preflight request.json --image forest:1 --data training=data/ --data transform=rows.csv

Try what the definition promises to consumers as well, and write an HTML report:

    cdk-sagemaker-algorithm preflight --thorough --report preflight.html

Remove downloaded data and built images:

    cdk-sagemaker-algorithm preflight --clear-cache

Exit status: 0 no errors, 1 the engine or AWS failed, 2 wrong usage or missing images or data, 3 the deployment or the
validation would fail, 5 the time limit ended before the account was checked.
"""

_SELECT, _INPUT, _RUN, _RESULT = "What is run", "Images and data", "How it is run", "Results"

Source = Annotated[
    Path,
    typer.Argument(metavar="[ASSEMBLY|REQUEST.json]", help="Cloud assembly, template or CreateAlgorithm request."),
]
StackName = Annotated[
    str | None,
    typer.Option("--stack", metavar="STACK", help="Algorithms of one stack only.", rich_help_panel=_SELECT),
]
AlgorithmPath = Annotated[
    str | None,
    typer.Option(
        "--algorithm", metavar="PATH", help="One algorithm, by its construct path or its end.", rich_help_panel=_SELECT
    ),
]
ProfileName = Annotated[
    str | None,
    typer.Option("--profile-name", metavar="NAME", help="One validation profile.", rich_help_panel=_SELECT),
]
LastStep = Annotated[RunStep, typer.Option("--step", help="Stop after this step.", rich_help_panel=_SELECT)]
Thorough = Annotated[
    bool,
    typer.Option(
        "--thorough",
        help="Also test what the definition declares: ends of ranges, only required hyperparameters and channels, "
        "declared input modes, 2 instances, largest payload, concurrency.",
        rich_help_panel=_SELECT,
    ),
]
Images = Annotated[
    list[str],
    typer.Option(
        "--image",
        metavar="[training=|inference=]NAME",
        help="Use a local image instead of the definition's.",
        rich_help_panel=_INPUT,
    ),
]
Build = Annotated[bool, typer.Option("--build/--no-build", help="Build image assets.", rich_help_panel=_INPUT)]
Pull = Annotated[bool, typer.Option("--pull", help="Pull missing images.", rich_help_panel=_INPUT)]
Data = Annotated[
    list[str],
    typer.Option(
        "--data",
        metavar="CHANNEL=PATH",
        help="File or directory for a channel; `transform=PATH` for the transform job.",
        rich_help_panel=_INPUT,
    ),
]
Download = Annotated[
    bool,
    typer.Option(
        "--download",
        help="Read missing data from S3 with your credentials. Transfers can cost money.",
        rich_help_panel=_INPUT,
    ),
]
MaxDownload = Annotated[
    str, typer.Option("--max-download", metavar="SIZE", help="Limit of --download.", rich_help_panel=_INPUT)
]
ModelFile = Annotated[
    Path | None,
    typer.Option("--model", metavar="FILE", help="Serve this model.tar.gz; skip training.", rich_help_panel=_INPUT),
]
Mount = Annotated[
    bool,
    typer.Option("--mount", help="Mount data read-only instead of copying it, for large data.", rich_help_panel=_INPUT),
]
EngineName = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="COMMAND",
        help="docker, podman, finch or a path. Default: $CDK_DOCKER, else the first that responds.",
        rich_help_panel=_RUN,
    ),
]
MaxRuntime = Annotated[
    float | None,
    typer.Option(
        "--max-runtime",
        metavar="SECONDS",
        help="Maximum runtime of training. Default: the profile's.",
        rich_help_panel=_RUN,
    ),
]
StartupTimeout = Annotated[
    float,
    typer.Option("--startup-timeout", metavar="SECONDS", help="Time limit of the first /ping.", rich_help_panel=_RUN),
]
Memory = Annotated[
    str,
    typer.Option(
        "--memory",
        metavar="SIZE",
        help="Memory limit: a size such as 8g, `auto` for the instance type's, `none`.",
        rich_help_panel=_RUN,
    ),
]
Gpus = Annotated[bool, typer.Option("--gpus", help="Give containers access to the GPUs.", rich_help_panel=_RUN)]
Keep = Annotated[
    bool, typer.Option("--keep", help="Keep the containers and show commands to inspect them.", rich_help_panel=_RUN)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Hide log lines.", rich_help_panel=_RUN)]
HtmlReport = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Write an HTML report.", rich_help_panel=_RESULT),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Keep logs, model.tar.gz, output.tar.gz and results in DIR.",
        rich_help_panel=_RESULT,
    ),
]
Ignore = Annotated[
    list[str],
    typer.Option(
        "--ignore",
        metavar="RULE",
        help="Skip a rule.",
        rich_help_panel=_RESULT,
        autocompletion=completion.preflight_rule_names,
    ),
]
ClearCache = Annotated[
    bool,
    typer.Option("--clear-cache", help="Remove downloaded data and built images, then exit.", rich_help_panel=_RESULT),
]


@app.command(epilog=EXAMPLES)
def preflight(
    context: typer.Context,
    source: Source = Path("cdk.out"),
    *,
    app_command: App = None,
    stack: StackName = None,
    algorithm: AlgorithmPath = None,
    profile_name: ProfileName = None,
    step: LastStep = RunStep.TRANSFORM,
    thorough: Thorough = False,
    image: Images = [],
    build: Build = True,
    pull: Pull = False,
    data: Data = [],
    download: Download = False,
    max_download: MaxDownload = "1GB",
    model: ModelFile = None,
    mount: Mount = False,
    engine: EngineName = None,
    max_runtime: MaxRuntime = None,
    startup_timeout: StartupTimeout = STARTUP_TIMEOUT,
    memory: Memory = "none",
    gpus: Gpus = False,
    keep: Keep = False,
    quiet: Quiet = False,
    output_format: FormatOption = FindingFormat.TEXT,
    json_output: Json = False,
    output: OutputFile = STANDARD_OUTPUT,
    report: HtmlReport = None,
    out: Out = None,
    force: Force = False,
    strict: Strict = False,
    ignore: Ignore = [],
    clear: ClearCache = False,
    account: OnlyAccount = False,
    containers: OnlyContainers = False,
    only: OnlyChecks = [],
    time_limit: TimeLimit = DEFAULT_TIME_LIMIT,
    policy: PrintPolicy = False,
    verbose: Verbose = False,
) -> None:
    """Ask the AWS account what would fail, then run the validation in containers on this machine.

    Asks the account, read-only and in seconds, for what fails after hours: quotas, images, data, keys and the role.
    Trains, serves and transforms with the validation profiles of a definition, without a network and without
    credentials, and reports what SageMaker would reject. Needs Docker, Podman or Finch. Does not prove that a
    validation will pass: the end of the output lists what was not checked.
    """
    from cdk_sagemaker_algorithm.cli.terminal import console  # noqa: PLC0415 - rich takes a while
    from cdk_sagemaker_algorithm.preflight.formats.steps import Screen  # noqa: PLC0415 - rich takes a while

    shared = options_of(context)
    _refuse_useless(context)
    if clear:
        _clear(engine)
        return
    source = assembly_of(app_command, source)
    chosen_format = FindingFormat.JSON if json_output else output_format
    asked = AccountOptions(
        source=source,
        stack=stack,
        algorithm=algorithm,
        only=only,
        ignored=[name for name in ignore if name.startswith(ACCOUNT_PREFIX)],
        time_limit=time_limit,
    )
    options = RunOptions(
        images=_image_options(image, shared, build=build, pull=pull),
        data=_data_options(data, max_download, shared, download=download),
        profile=profile_name,
        step=step,
        model=_existing(model, "--model"),
        max_runtime=None if max_runtime is None else positive("--max-runtime", max_runtime),
        startup_timeout=positive("--startup-timeout", startup_timeout),
        memory=_memory(memory),
        mount=mount,
        thorough=thorough,
        keep=keep,
        gpus=gpus,
    )
    ignored = _ignored([name for name in ignore if not name.startswith(ACCOUNT_PREFIX)])
    screen = Screen(console(stderr=True), logs=not quiet)
    account_findings = FindingReport(kind="preflight")
    try:
        if policy:
            write(account_policy(asked, shared), output, force=force)
            return
        alone = account and not containers
        if account or not containers:
            account_findings = _ask_account(asked, shared, alone=alone, verbose=verbose)
        # A run in containers takes minutes, so the account's findings are shown first.
        at_once = chosen_format is FindingFormat.TEXT and output == STANDARD_OUTPUT
        if alone or at_once:
            write_report(account_findings, chosen_format, output, force=force)
        if alone:
            exit_with(account_findings, strict=strict)
            stop_if_unanswered(account_findings, time_limit)
            return
        chosen = find_engine(engine)
        algorithms = read_algorithms(source, stack=stack, algorithm=algorithm)
        show = None if report is None else partial(_write_page, report, algorithms, force=force)
        results, findings = _run_all(chosen, algorithms, options, screen, out=out, ignored=ignored, show=show)
    except InputError as error:
        raise CliError(str(error), exit_status=USAGE) from error
    except EngineError as error:
        raise CliError(str(error)) from error
    finally:
        screen.close()
    findings = located(findings, source)
    everything = joined(account_findings, findings)
    write_report(findings if at_once else everything, chosen_format, output, force=force)
    _close(screen, chosen, results, findings, keep=keep, out=out)
    exit_with(everything, strict=strict)


def _refuse_useless(context: typer.Context) -> None:
    """Reject options that have no effect with another option."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    given = {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
    none: frozenset[str] = frozenset()
    useless: dict[str, frozenset[str]] = {
        "policy": _OF_CONTAINERS | _OF_RESULTS | {"containers", "time_limit", "verbose"},
        "clear": (_OF_CONTAINERS | _OF_ACCOUNT | _OF_RESULTS | {"account", "containers", "policy"}) - {"engine"},
        "account": none if "containers" in given else _OF_CONTAINERS,
        "containers": none if "account" in given else _OF_ACCOUNT,
    }
    names = {parameter.name or "": parameter.opts[0] for parameter in context.command.params}
    for main, others in useless.items():
        for name in names if main in given else ():
            if name in given & others:
                raise CliError(f"{names[main]} makes {names[name]} meaningless; remove one of them", exit_status=USAGE)


def _ask_account(asked: AccountOptions, shared: Options, *, alone: bool, verbose: bool) -> FindingReport:
    """Check the account; missing credentials are an error only with --account."""
    found = account_report(asked, shared) if alone else account_report_if_possible(asked, shared)
    for line in account_notes(found, verbose=verbose):
        note(line)
    return located(found, asked.source)


def _run_all(
    chosen: Engine,
    algorithms: list[AlgorithmInput],
    options: RunOptions,
    screen: Screen,
    *,
    out: Path | None,
    ignored: frozenset[str],
    show: Callable[[list[AlgorithmResult], FindingReport], None] | None,
) -> tuple[list[AlgorithmResult], FindingReport]:
    """Run the algorithms in containers, and show the results while their files exist."""
    # Containers of killed runs are removed while the first steps run.
    with (
        _directory(out) as (directory, temporary),
        _terminated(),
        guarded(chosen, temporary),
        ThreadPoolExecutor(1) as pool,
    ):
        sweep = pool.submit(chosen.sweep)
        results = [
            run_algorithm(chosen, item, options, directory / _folder(item.subject), screen) for item in algorithms
        ]
        swept = sweep.result()
        if swept:
            screen.note(f"removed {swept} containers or networks of a run that was killed")
        screen.close()
        findings = finding_report(chosen, results, ignored)
        if show is not None:
            show(results, findings)
        return results, findings


def _write_page(
    report: Path,
    algorithms: list[AlgorithmInput],
    results: list[AlgorithmResult],
    findings: FindingReport,
    *,
    force: bool,
) -> None:
    """Write the HTML report."""
    from cdk_sagemaker_algorithm.preflight.html_report.page import page  # noqa: PLC0415 - needs jinja2

    write(page(findings, results, ", ".join(item.subject for item in algorithms)), report, force=force)


def _close(
    screen: Screen,
    engine: Engine,
    results: list[AlgorithmResult],
    findings: FindingReport,
    *,
    keep: bool,
    out: Path | None,
) -> None:
    """Show the numbers of findings, what no run can check, and the locations of files."""
    screen.note(f"containers: {summary(findings)}")
    screen.note(f"not checked by any run in containers: {'; '.join(NEVER_CHECKED)}")
    if out is not None:
        screen.note(f"logs, archives and results: {out}")
    if keep:
        for name in _containers(results):
            quoted = shlex.quote(name)
            screen.note(f"kept: {name}")
            screen.note(f"  {engine.command} cp {quoted}:/opt/ml ./opt-ml      # its files")
            screen.note(f"  {engine.command} diff {quoted}                     # what it changed")
            screen.note(f"  {engine.command} start -a {quoted}                 # run it again")
            screen.note(f"  {engine.command} rm -f -v {quoted}                 # remove it")


def _containers(results: list[AlgorithmResult]) -> Iterator[str]:
    for result in results:
        for run in result.runs:
            if run.training is not None:
                yield from (host.container for host in run.training.hosts)
            if run.transform is not None:
                yield from (server.container for server in run.transform.servers)


def _image_options(values: list[str], shared: Options, *, build: bool, pull: bool) -> ImageOptions:
    training = inference = ""
    for value in values:
        kind, separator, name = value.partition("=")
        if separator and kind == "training":
            training = name
        elif separator and kind == "inference":
            inference = name
        else:
            training, inference = training or value, inference or value

    def ecr(region: str) -> Any:
        from cdk_sagemaker_algorithm.cli.clients import session  # noqa: PLC0415 - boto3 takes a while

        aws: Any = session(shared)
        return aws.client("ecr", region_name=region, endpoint_url=shared.endpoint_url)

    return ImageOptions(training=training, inference=inference, build=build, pull=pull, ecr=ecr)


def _data_options(values: list[str], limit: str, shared: Options, *, download: bool) -> DataOptions:
    paths: dict[str, Path] = {}
    for value in values:
        name, separator, path = value.partition("=")
        if not separator or not name or not path:
            raise CliError(f"--data {value!r}: write CHANNEL=PATH", exit_status=USAGE)
        paths[name] = Path(path)

    def s3() -> Any:
        from cdk_sagemaker_algorithm.cli.clients import Clients  # noqa: PLC0415 - boto3 takes a while

        return Clients(shared)("s3")

    return DataOptions(paths=paths, download=download, limit=_size(limit, "--max-download"), s3=s3)


def _size(text: str, option: str) -> int:
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        example = size_text(DEFAULT_LIMIT).replace(" ", "")
        raise CliError(f"{option} {text!r}: not a size; write for example {example}", exit_status=USAGE)
    return int(float(match[1]) * _UNITS[match[2].upper()])


def _memory(text: str) -> str:
    if text in ("auto", "none"):
        return text
    if not re.fullmatch(r"\d+[bkmgBKMG]?", text):
        raise CliError(f"--memory {text!r}: write auto, none, or a size such as 8g", exit_status=USAGE)
    return text


def _existing(path: Path | None, option: str) -> Path | None:
    if path is not None and not path.is_file():
        raise CliError(f"{option} {path}: no such file", exit_status=USAGE)
    return path


def _ignored(values: list[str]) -> frozenset[str]:
    known = {rule.id for rule in RULES}
    for value in values:
        if value not in known:
            raise CliError(f"--ignore {value}: no such rule; allowed: {', '.join(sorted(known))}", exit_status=USAGE)
    return frozenset(values)


def _clear(engine: str | None) -> None:
    """Remove images and downloaded data of preflight; the data even if no engine responds."""
    note(f"removed {size_text(clear_cache())} of downloaded data")
    try:
        images = remove_built(find_engine(engine))
    except EngineError as error:
        raise CliError(f"built images are not removed: {error}") from error
    note(f"removed {counted(images, 'built image')}")


def _folder(subject: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", subject).strip("-.") or "algorithm"


@contextmanager
def _directory(out: Path | None) -> Generator[tuple[Path, Path | None]]:
    """Return where files are written, and the directory again if it is temporary."""
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        yield out, None
        return
    with tempfile.TemporaryDirectory(prefix="cdk-sagemaker-algorithm-", ignore_cleanup_errors=True) as name:
        yield Path(name), Path(name)


@contextmanager
def _terminated() -> Generator[None]:
    """Let SIGTERM end the command the way Ctrl-C does, so that containers are removed."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the interface of signal
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
