"""`cdk-sagemaker-algorithm watch`: a validation, live, until its end."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.live import Live

from cdk_sagemaker_algorithm.cli.algorithm_options import (
    Name,
    Stack,
    cli_error,
    console,
    display_options,
    on_aws,
    show_screen,
    take_region,
)
from cdk_sagemaker_algorithm.cli.clients import Clients
from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import FOUND, INTERRUPTED, MISSING, TIME_LIMIT, USAGE
from cdk_sagemaker_algorithm.cli.shared_options import Options, options_of
from cdk_sagemaker_algorithm.monitoring import (
    JobLogs,
    MonitoringError,
    Pace,
    PollError,
    Snapshot,
    SnapshotReader,
    Update,
    Watch,
    algorithms_of_stack,
)
from cdk_sagemaker_algorithm.monitoring.errors import MissingStackError
from cdk_sagemaker_algorithm.monitoring.formats.event_lines import Change, Changes, poll_error_change
from cdk_sagemaker_algorithm.monitoring.formats.json import snapshot_json
from cdk_sagemaker_algorithm.monitoring.formats.live_screen import LiveView
from cdk_sagemaker_algorithm.monitoring.formats.wording import PROGRAM
from cdk_sagemaker_algorithm.monitoring.transient_errors import kind_of
from cdk_sagemaker_algorithm_provider.contract.durations import duration

app = typer.Typer(rich_markup_mode="markdown")

#: How long the CDK may take to synthesize and to publish assets before there is a stack.
_STACK_SECONDS = 300.0
_LOGIN_EXPIRED = (
    "the credentials are not valid any more; the validation goes on. Log in again, for example with `aws sso login`"
)
_FIXED_EXPIRED = "the credentials are not valid any more; the validation goes on. Set new ones in the environment"

EXAMPLES = """
**Examples**

Follow a validation to its end:

    cdk-sagemaker-algorithm watch wine-quality

Follow what a deployment in another terminal waits for:

    cdk-sagemaker-algorithm watch --stack WineStack

In CI, with the outcome as exit status:

    cdk-sagemaker-algorithm watch wine-quality --timeout 14400 || exit 1
"""

Interval = Annotated[float, typer.Option("--interval", metavar="SECONDS", min=0.1, help="How often to look.")]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", min=0, help="Stop watching after that time.", show_default=False),
]
Plain = Annotated[bool, typer.Option("--plain", help="Write lines even in a terminal.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write a JSON object per line, one for each change.")]


@dataclass(frozen=True, slots=True)
class _Show:
    """How a watch is shown.

    Attributes:
        event: Takes what a watch brings.
        waiting: Says what there is to wait for.
        outcome: Shows the end.
    """

    event: Callable[[Update | PollError], None]
    waiting: Callable[[str], None]
    outcome: Callable[[Snapshot], None]


@app.command(epilog=EXAMPLES)
def watch(  # noqa: PLR0913 - each parameter is an option of the command line
    context: typer.Context,
    name: Name = None,
    *,
    stack: Stack = None,
    interval: Interval = 10.0,
    timeout: Timeout = None,
    plain: Plain = False,
    as_json: AsJson = False,
) -> None:
    """Follow the validation of an algorithm until its end.

    In a terminal it is one screen that redraws itself; elsewhere, and with --plain, each change is a line.
    Throttling and lost connections are waited out. When credentials expire, it says so, and in a terminal it goes on
    once you have logged in again. With --stack it waits for the algorithm of a deployment that is under way, and up to
    five minutes for the stack itself.

    Exit status: 0 validation passed, 1 failure, 2 wrong usage, 3 validation failed, 4 no such algorithm, 5 still
    running at --timeout, 130 interrupted.
    """
    if (name is None) == (stack is None):
        raise CliError("give the NAME or ARN of an algorithm, or a --stack, and not both", exit_status=USAGE)
    options = options_of(context)
    take_region(options, name)
    person = sys.stdout.isatty() and not plain and not as_json
    watching = _Watching(
        options, name, stack, Pace(interval=interval, wait_for_login=person and not _fixed(options)), timeout
    )
    try:
        with _shown(options, interval, person=person, as_json=as_json) as shown:
            seen = watching.run(shown)
            shown.outcome(seen)
    except KeyboardInterrupt:
        typer.echo(f"stopped watching; the validation goes on. To go on with it: {watching.again}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except MonitoringError as error:
        raise cli_error(error) from error
    raise typer.Exit(_status_of(seen))


def _status_of(seen: Snapshot) -> int:
    if seen.status == "Completed":
        return 0
    if not seen.over:
        return TIME_LIMIT
    return FOUND if seen.failed else MISSING


class _Watching:
    """One run of the command."""

    def __init__(
        self, options: Options, name: str | None, stack: str | None, pace: Pace, timeout: float | None
    ) -> None:
        self._options = options
        self._name = name
        self._stack = stack
        self._pace = pace
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self.again = f"{PROGRAM} watch {name or f'--stack {stack}'}"

    def run(self, shown: _Show) -> Snapshot:
        """Watch, and say how things were at the end."""
        name = self._name or self._of_stack(shown)
        watch = Watch(self._connect, name, self._pace)
        seen: Snapshot | None = None
        try:
            for event in watch.updates():
                shown.event(event)
                seen = event.snapshot if isinstance(event, Update) else seen
                if seen is not None and self._late():
                    return seen
        except Exception as error:
            if kind_of(error) == "credentials":
                message = _FIXED_EXPIRED if _fixed(self._options) else _LOGIN_EXPIRED
                raise CliError(f"{message}, and go on with: {self.again}") from error
            raise
        assert seen is not None  # noqa: S101 - a watch ends with an update
        return seen

    def _connect(self) -> tuple[SnapshotReader, JobLogs]:
        clients = Clients(self._options)
        return SnapshotReader(clients("sagemaker")), JobLogs(clients("logs"))

    def _of_stack(self, shown: _Show) -> str:
        """The algorithm of a stack whose validation goes on, or else the last one, once the stack is at rest."""
        stack = self._stack or ""
        clients = Clients(self._options)
        reader = SnapshotReader(clients("sagemaker"))
        while True:
            names = self._made_by(clients, stack, shown)
            running = [name for name in names if not _is_over(reader, name)]
            at_rest = self._late() or not _is_changing(clients, stack)
            if running or (names and at_rest):
                return (running or names)[0]
            if at_rest:
                raise MonitoringError(f"stack {stack!r} has made no algorithm; its events say why")
            shown.waiting(f"waiting for stack {stack} to create its algorithm")
            self._pause()

    def _made_by(self, clients: Clients, stack: str, shown: _Show) -> list[str]:
        """The names of a stack's algorithms; a deployment that has just begun may not have made the stack yet."""
        waited = 0.0
        while True:
            try:
                return [each.name for each in algorithms_of_stack(clients("cloudformation"), stack) if each.name]
            except MissingStackError:
                if waited >= _STACK_SECONDS or self._late():
                    raise
            shown.waiting(f"waiting for stack {stack}, which is not there yet, for at most {duration(_STACK_SECONDS)}")
            waited += self._pause()

    def _pause(self) -> float:
        """Wait before the next look at a stack, and say for how long."""
        seconds = min(self._pace.interval, 5.0)
        self._pace.sleep(seconds)
        return seconds

    def _late(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline


def _fixed(options: Options) -> bool:
    """Whether no login elsewhere can renew the credentials: this process has them in its environment."""
    return options.profile is None and "AWS_ACCESS_KEY_ID" in os.environ


def _is_over(reader: SnapshotReader, name: str) -> bool:
    try:
        return reader.read(name).over
    except MonitoringError:
        # A rollback may have removed it meanwhile.
        return True


def _is_changing(clients: Clients, stack: str) -> bool:
    found: dict[str, Any] = clients("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return str(found["StackStatus"]).endswith("_IN_PROGRESS")


@contextmanager
def _shown(options: Options, interval: float, *, person: bool, as_json: bool) -> Generator[_Show]:
    clients = Clients(options)
    if not person:
        yield _json_lines(clients) if as_json else _plain_lines(clients)
        return
    target = console()
    view = LiveView(display_options(target, clients), interval)
    with Live(view, console=target, refresh_per_second=8, transient=True, vertical_overflow="crop") as live:

        def outcome(seen: Snapshot) -> None:
            live.stop()
            show_screen(target, seen, view.look)

        yield _Show(view.show, view.wait_for, outcome)


def _plain_lines(clients: Clients) -> _Show:
    target = console()
    changes = Changes()

    def event(each: Update | PollError) -> None:
        for change in _changes(changes, each):
            typer.echo(change.line())

    def outcome(seen: Snapshot) -> None:
        target.print()
        show_screen(target, seen, display_options(target, clients))

    return _Show(event, _once(typer.echo), outcome)


def _json_lines(clients: Clients) -> _Show:
    changes = Changes()

    def event(each: Update | PollError) -> None:
        for change in _changes(changes, each):
            moment = datetime.fromtimestamp(change.time, UTC).isoformat(timespec="milliseconds")
            _echo_json({"time": moment, "event": change.event, **change.fields})

    def waiting(text: str) -> None:
        _echo_json({"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": "waiting", "for": text})

    def outcome(seen: Snapshot) -> None:
        _echo_json({"event": "outcome", **snapshot_json(seen, console_links=on_aws(clients))})

    return _Show(event, _once(waiting), outcome)


def _changes(changes: Changes, event: Update | PollError) -> Iterator[Change]:
    return iter([poll_error_change(event, time.time())]) if isinstance(event, PollError) else changes.of(event)


def _once(say: Callable[[str], None]) -> Callable[[str], None]:
    """Say a thing, but not again and again."""
    said: set[str] = set()

    def say_once(text: str) -> None:
        if text not in said:
            said.add(text)
            say(text)

    return say_once


def _echo_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))
