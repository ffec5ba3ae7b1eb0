"""`cdk-sagemaker-algorithm watch`: follow a validation or a deployment until it ends."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, assert_never

import typer
from rich.console import Group
from rich.live import Live

from cdk_sagemaker_algorithm.cli.algorithm_options import (
    Name,
    Stack,
    cli_error,
    display_options,
    given_options,
    on_aws,
    take_region,
)
from cdk_sagemaker_algorithm.cli.clients import Clients
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import DONE, FOUND, INTERRUPTED, MISSING, TIME_LIMIT, USAGE
from cdk_sagemaker_algorithm.cli.messages import note
from cdk_sagemaker_algorithm.cli.output import Json, TextOrJson, write
from cdk_sagemaker_algorithm.cli.shared_options import Options, options_of
from cdk_sagemaker_algorithm.cli.terminal import console
from cdk_sagemaker_algorithm.monitoring import (
    MonitoringError,
    Pace,
    PollError,
    Readers,
    Snapshot,
    StackOperation,
    StackUpdate,
    StackWatch,
    Update,
    Waiting,
    Watch,
)
from cdk_sagemaker_algorithm.monitoring.formats.event_lines import Changes, EventLine, poll_error_change
from cdk_sagemaker_algorithm.monitoring.formats.json import operation_json, snapshot_json
from cdk_sagemaker_algorithm.monitoring.formats.live_screen import LiveView
from cdk_sagemaker_algorithm.monitoring.formats.screen import (
    DisplayOptions,
    deployment_line,
    drawn,
    failures,
    print_screen,
    screen,
    title,
)
from cdk_sagemaker_algorithm.monitoring.formats.wording import moment
from cdk_sagemaker_algorithm.monitoring.snapshot import DELETED
from cdk_sagemaker_algorithm.monitoring.transient_errors import kind_of
from cdk_sagemaker_algorithm.reporting.envelope import PROGRAM, envelope, iso_time
from cdk_sagemaker_algorithm_provider.contract.durations import duration

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(rich_markup_mode="markdown")

_OUTCOMES: Mapping[int, str] = MappingProxyType(
    {DONE: "Completed", FOUND: "Failed", MISSING: "Missing", TIME_LIMIT: "StillRunning"}
)
_LOGIN_EXPIRED = (
    "the credentials are no longer valid; the validation continues. Log in again, for example with `aws sso login`"
)
_FIXED_EXPIRED = "the credentials are no longer valid; the validation continues. Set new ones in the environment"

EXAMPLES = """
**Examples**

Follow a validation to its end:

    cdk-sagemaker-algorithm watch wine-quality

Follow the deployment that another terminal runs, or is about to:

    cdk-sagemaker-algorithm watch --stack WineStack

In CI, with the outcome as exit status:

    cdk-sagemaker-algorithm watch wine-quality --timeout 14400 || exit 1
"""

StartWithin = Annotated[
    float,
    typer.Option("--start-within", metavar="SECONDS", min=0, help="Time to wait for a deployment to begin."),
]
Notify = Annotated[
    str | None,
    typer.Option(
        "--notify",
        metavar="COMMAND",
        help="Run a command at the end, without a shell; CDK_SAGEMAKER_ALGORITHM_OUTCOME in its environment is"
        " Completed, Failed, Missing or StillRunning.",
        show_default=False,
    ),
]
Interval = Annotated[float, typer.Option("--interval", metavar="SECONDS", min=0.1, help="Time between two polls.")]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", min=0, help="Stop watching after this time.", show_default=False),
]
Plain = Annotated[bool, typer.Option("--plain", help="Write lines in terminals, too.")]
OutputFormat = Annotated[
    TextOrJson, typer.Option("--format", "-f", help="Output format; json is an object per line, one for each change.")
]


@dataclass(frozen=True, slots=True)
class _Show:
    """Output of a watch.

    Attributes:
        event: Shows the result of a poll.
        waiting: Shows what the watch waits for, the last deployment and the remaining seconds.
        outcome: Shows the end.
    """

    event: Callable[[Update | StackUpdate | PollError], None]
    waiting: Callable[[str, Waiting | None], None]
    outcome: Callable[[Update | StackUpdate], None]


@app.command(epilog=EXAMPLES)
def watch(
    context: typer.Context,
    name: Name = None,
    *,
    stack: Stack = None,
    start_within: StartWithin = 300.0,
    interval: Interval = 10.0,
    timeout: Timeout = None,
    notify: Notify = None,
    plain: Plain = False,
    output_format: OutputFormat = TextOrJson.TEXT,
    as_json: Json = False,
) -> None:
    """Follow the validation of an algorithm, or a deployment with all its validations, until the end.

    In a terminal it is one screen that redraws itself; elsewhere, and with --plain, each change is a line.
    Throttling and lost connections are waited out. When credentials expire, it says so, and in a terminal it continues
    once you have logged in again.

    With --stack it follows the deployment that is under way, or waits for one to begin, and then follows every
    algorithm, those of nested stacks included. If none begins within --start-within, it shows the last one.

    Exit status: 0 all validations passed, 1 failure, 2 wrong usage, 3 a validation or the deployment failed, 4 no such
    algorithm or stack, 5 still running at --timeout, 130 interrupted.
    """
    if (name is None) == (stack is None):
        raise CliError("give the NAME or ARN of an algorithm, or a --stack, and not both", exit_status=USAGE)
    notified = _notified(notify)
    options = options_of(context)
    take_region(options, name)
    chosen = TextOrJson.JSON if as_json else output_format
    person = sys.stdout.isatty() and not plain and chosen is TextOrJson.TEXT
    pace = Pace(interval=interval, timeout=timeout, wait_for_login=person and not _fixed(options))
    again = f"{PROGRAM} watch{f' {name}' if name else ''}{_repeated(context)}{given_options(options)}"
    connect = partial(_connect, options)
    watching = (
        Watch(connect, name, pace) if name else StackWatch(connect, stack or "", start_within=start_within, pace=pace)
    )
    try:
        with _shown(options, interval, chosen, person=person) as shown:
            seen: Update | StackUpdate | None
            if isinstance(watching, Watch):
                seen = _followed(watching.updates(), shown)
            else:
                seen = _followed(_announced(watching, shown), shown)
            if seen is not None:
                shown.outcome(seen)
    except KeyboardInterrupt:
        rest = "the validation continues" if name else "no deployment is stopped"
        typer.echo(f"stopped watching; {rest}. To watch again: {again}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except MonitoringError as error:
        raise cli_error(error) from error
    except Exception as error:
        if kind_of(error) == "credentials" and watching.begun:
            message = _FIXED_EXPIRED if _fixed(options) else _LOGIN_EXPIRED
            raise CliError(f"{message}, and continue with: {again}") from error
        raise
    status = _status_of(seen)
    _tell(notified, name or stack or "", seen, status, ring=person)
    if seen is None:
        waited = duration(timeout or 0.0)
        raise CliError(f"no poll succeeded within {waited}; continue with: {again}", exit_status=TIME_LIMIT)
    raise typer.Exit(status)


def _repeated(context: typer.Context) -> str:
    """Return the options of this command that were given, for the command that continues."""
    words: list[str] = []
    for param in context.command.params:
        source = context.get_parameter_source(param.name or "")
        if param.param_type_name == "option" and source is not None and source.name == "COMMANDLINE":
            value = context.params.get(param.name or "")
            # The shared options have no value here.
            if value is not None:
                words += [param.opts[0]] if value is True else [param.opts[0], _as_typed(value)]
    return "".join(f" {shlex.quote(word)}" for word in words)


def _as_typed(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _connect(options: Options) -> Readers:
    return Readers(Clients(options))


Seen = TypeVar("Seen", Update, StackUpdate)


def _followed(events: Iterable[Seen | PollError], shown: _Show) -> Seen | None:
    """Return the last successful poll; None if no poll succeeded in time."""
    seen: Seen | None = None
    for event in events:
        shown.event(event)
        if not isinstance(event, PollError):
            seen = event
    return seen


def _announced(watching: StackWatch, shown: _Show) -> Iterator[StackUpdate | PollError]:
    """Yield the results of a watch of a stack; show what it waits for, and which deployment it follows."""
    first = True
    for event in watching.updates():
        if isinstance(event, Waiting):
            shown.waiting(_waiting_text(event, watching.stack), event)
            continue
        if isinstance(event, StackUpdate) and first:
            first = False
            shown.waiting(_first_text(event), None)
        yield event


def _waiting_text(waiting: Waiting, stack: str) -> str:
    if waiting.missing:
        return f"stack {stack} does not exist yet; waiting for its deployment to begin"
    if waiting.operation is None:
        return f"waiting for the first deployment of stack {stack} to begin"
    return f"waiting for the next deployment of stack {stack} to begin (--start-within 0 shows the last one)"


def _first_text(update: StackUpdate) -> str:
    operation = update.operation
    if update.new:
        return f"following the deployment of stack {operation.stack} that began at {moment(operation.begun)}"
    return f"no deployment has begun; showing the last one, of {moment(operation.begun)}: {operation.status}"


def _status_of(seen: Update | StackUpdate | None) -> int:
    if seen is None:
        return TIME_LIMIT
    if isinstance(seen, StackUpdate):
        if seen.over or seen.failed:
            gone = any(each.snapshot.status == DELETED for each in seen.updates)
            return FOUND if seen.failed else MISSING if gone or not seen.updates else DONE
        return TIME_LIMIT
    snapshot = seen.snapshot
    if snapshot.status == "Completed":
        return DONE
    if not snapshot.over:
        return TIME_LIMIT
    return FOUND if snapshot.failed else MISSING


def _snapshots(seen: Update | StackUpdate | None) -> list[Snapshot]:
    if seen is None:
        return []
    return [seen.snapshot] if isinstance(seen, Update) else [each.snapshot for each in seen.updates]


def _notified(notify: str | None) -> list[str] | None:
    """Read the --notify command before the hours that it waits for; None without one."""
    if notify is None:
        return None
    try:
        words = shlex.split(notify)
    except ValueError as error:
        raise CliError(f"--notify {notify!r} is not a command: {str(error).lower()}", exit_status=USAGE) from error
    if not words:
        raise CliError("--notify is empty; give a command", exit_status=USAGE)
    if shutil.which(words[0]) is None:
        note(f"warning: --notify {notify!r}: there is no program {words[0]!r} yet")
    return words


def _tell(notify: list[str] | None, what: str, seen: Update | StackUpdate | None, status: int, *, ring: bool) -> None:
    """Ring the bell, and run the --notify command; its failure is reported and does not change the exit status."""
    if ring:
        typer.echo("\a", nl=False, err=True)
    if notify is None:
        return
    snapshots = _snapshots(seen)
    outcome = {
        "CDK_SAGEMAKER_ALGORITHM_WATCHED": what,
        "CDK_SAGEMAKER_ALGORITHM_EXIT_STATUS": str(status),
        "CDK_SAGEMAKER_ALGORITHM_OUTCOME": _OUTCOMES[status],
        "CDK_SAGEMAKER_ALGORITHM_NAMES": " ".join(each.name for each in snapshots),
        "CDK_SAGEMAKER_ALGORITHM_FAILED": " ".join(each.name for each in snapshots if each.failed),
    }
    try:
        ended = subprocess.run(  # noqa: S603 - the user's own command, as a list of arguments
            notify, env={**os.environ, **outcome}, stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        typer.echo(f"--notify {shlex.join(notify)!r} could not be run: {error}", err=True)
        return
    if ended.returncode:
        typer.echo(f"--notify {shlex.join(notify)!r} ended with status {ended.returncode}", err=True)


def _fixed(options: Options) -> bool:
    """Return whether the credentials are environment variables, which a login elsewhere cannot renew."""
    return options.profile is None and "AWS_ACCESS_KEY_ID" in os.environ


@contextmanager
def _shown(options: Options, interval: float, output_format: TextOrJson, *, person: bool) -> Generator[_Show]:
    clients = Clients(options)
    if not person:
        match output_format:
            case TextOrJson.TEXT:
                yield _plain_lines(clients, options)
            case TextOrJson.JSON:
                yield _json_lines(clients, options)
            case _:
                assert_never(output_format)
        return
    target = console()
    display = display_options(target, clients, options)
    view = LiveView(display, interval)
    with Live(view, console=target, refresh_per_second=8, transient=True, vertical_overflow="crop") as live:

        def outcome(seen: Update | StackUpdate) -> None:
            live.stop()
            write(drawn(target, partial(_print_outcome, target, seen, display)))

        def waiting(text: str, event: Waiting | None) -> None:
            left = "" if event is None else f", {duration(max(0.0, event.left))} left"
            view.wait_for(f"{text}{left}", None if event is None else event.operation)

        yield _Show(view.show, waiting, outcome)


def _print_outcome(target: Console, seen: Update | StackUpdate, display: DisplayOptions) -> None:
    if isinstance(seen, Update):
        print_screen(target, seen.snapshot, display)
        return
    why = failures(seen.operation, [each.snapshot for each in seen.updates], display)
    target.print(Group(deployment_line(seen.operation, display), *why), crop=False)
    several = len(seen.updates) > 1
    # Failures last: the end of the output stays visible.
    for each in sorted(seen.updates, key=lambda update: update.snapshot.failed):
        target.print()
        if several:
            target.print(screen(each.snapshot, display), crop=False)
        else:
            print_screen(target, each.snapshot, display)
    if several:
        target.print()
        for each in seen.updates:
            target.print(title(each.snapshot, display), crop=False)


class _Lines:
    """Prints the changes of one algorithm, or of a stack and its algorithms."""

    def __init__(self) -> None:
        """Create the output without previous results."""
        self._changes: dict[str, Changes] = {}
        self._status = ""

    def of(self, event: Update | StackUpdate | PollError) -> Iterator[tuple[Snapshot | None, EventLine]]:
        """Yield the changes, each with its algorithm.

        Args:
            event: Result of a poll.
        """
        if isinstance(event, PollError):
            yield None, poll_error_change(event, time.time())
        elif isinstance(event, Update):
            yield from ((event.snapshot, change) for change in self._of(event))
        else:
            found: list[tuple[Snapshot | None, EventLine]] = [*self._of_stack(event.operation)]
            found += [(each.snapshot, change) for each in event.updates for change in self._of(each)]
            yield from sorted(found, key=lambda pair: pair[1].time)

    def _of_stack(self, operation: StackOperation) -> Iterator[tuple[None, EventLine]]:
        if operation.status != self._status:
            self._status = operation.status
            text = f"stack {operation.stack} {operation.status}"
            fields = {"stack": operation.stack, "status": operation.status}
            yield None, EventLine(time=operation.changed, event="stack", text=text, fields=fields)

    def _of(self, update: Update) -> Iterator[EventLine]:
        return self._changes.setdefault(update.snapshot.name, Changes()).of(update)


def _plain_lines(clients: Clients, options: Options) -> _Show:
    target = console()
    lines = _Lines()

    def event(each: Update | StackUpdate | PollError) -> None:
        for seen, change in lines.of(each):
            # The log line with the metric is printed already.
            if change.event != "metric":
                typer.echo(change.line(seen.label if seen is not None and isinstance(each, StackUpdate) else ""))

    def outcome(seen: Update | StackUpdate) -> None:
        display = display_options(target, clients, options)
        write("\n" + drawn(target, partial(_print_outcome, target, seen, display)))

    return _Show(event, _once(_echo_waiting), outcome)


def _json_lines(clients: Clients, options: Options) -> _Show:
    lines = _Lines()

    def event(each: Update | StackUpdate | PollError) -> None:
        for seen, change in lines.of(each):
            algorithm = seen.name if seen else None
            _echo_json(time=iso_time(change.time), event=change.event, algorithm=algorithm, **change.fields)

    def waiting(text: str, _event: Waiting | None) -> None:
        _echo_json(event="waiting", algorithm=None, **{"for": text})

    def outcome(seen: Update | StackUpdate) -> None:
        links, given = on_aws(clients), given_options(options)
        _echo_json(
            event="outcome",
            outcome=_OUTCOMES[_status_of(seen)],
            deployment=None if isinstance(seen, Update) else operation_json(seen.operation),
            algorithms=[snapshot_json(each, console_links=links, options=given) for each in _snapshots(seen)],
        )

    return _Show(event, _once(waiting), outcome)


def _echo_waiting(text: str, event: Waiting | None) -> None:
    if event is None:
        typer.echo(text)
        return
    last = event.operation
    rest = "" if last is None else f"stack {last.stack} is at rest: {last.status} since {moment(last.changed)}; "
    typer.echo(f"{rest}{text}, for at most {duration(event.left)}")


def _once(say: Callable[[str, Waiting | None], None]) -> Callable[[str, Waiting | None], None]:
    """Print a message unless it was printed before."""
    said: set[str] = set()

    def say_once(text: str, event: Waiting | None) -> None:
        if text not in said:
            said.add(text)
            say(text, event)

    return say_once


def _echo_json(**members: Any) -> None:
    typer.echo(json.dumps(envelope("watch", **members), ensure_ascii=False))
