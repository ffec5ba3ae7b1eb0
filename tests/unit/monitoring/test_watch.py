from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from cdk_sagemaker_algorithm.monitoring import (
    JobLogs,
    LogLine,
    MissingAlgorithmError,
    Pace,
    PollError,
    Readers,
    Update,
    Watch,
)
from cdk_sagemaker_algorithm.monitoring.formats.event_lines import Changes, EventLine, poll_error_change
from cdk_sagemaker_algorithm.monitoring.formats.live_screen import LiveView
from cdk_sagemaker_algorithm.monitoring.formats.screen import DisplayOptions, screen
from cdk_sagemaker_algorithm.monitoring.transient_errors import kind_of
from tests.support.monitored import Monitored, monitored, refusal, steady
from tests.support.snapshots import check_snapshot, rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step

SNAPSHOTS = Path(__file__).parent / "snapshots"
INTERVAL = 5.0


@pytest.fixture
def aws() -> Generator[Monitored]:
    with monitored() as running:
        yield running


def watch(
    aws: Monitored, name: str, *, wait_for_login: bool = True, during: Callable[[], None] = lambda: None
) -> Watch:
    """A watch whose sleep is what makes time go on; `during` is called in each sleep."""

    def sleep(seconds: float) -> None:
        aws.clock.forward(seconds)
        during()

    pace = Pace(interval=INTERVAL, settling=1.0, sleep=sleep, wait_for_login=wait_for_login)
    return Watch(aws.connect, name, pace)


def lines_of(aws: Monitored) -> list[str]:
    """What a watch writes where there is no terminal."""
    changes = Changes(heartbeat=20.0)
    found: list[str] = []
    for event in watch(aws, aws.sagemaker.create()).updates():
        if isinstance(event, PollError):
            found.append(poll_error_change(event, aws.clock()).line())
        else:
            found += [change.line() for change in changes.of(event)]
    return found


@pytest.mark.parametrize(
    ("name", "failures"),
    [
        ("completed", {}),
        ("failed-image-scan", {"image-scan": "ClientError: CVE-2024-3094"}),
        ("failed-training", {"training": "AlgorithmError: exit code 1"}),
        ("failed-transform", {"transform": "AlgorithmError: 415"}),
    ],
)
def test_lines_for_every_course(name: str, failures: dict[Step, str]) -> None:
    with monitored(failures) as aws:
        lines = lines_of(aws)
    check_snapshot(SNAPSHOTS / f"watch-{name}.txt", steady("".join(f"{line}\n" for line in lines)))


def test_every_log_line_comes_once_and_in_order(aws: Monitored) -> None:
    events = list(watch(aws, aws.sagemaker.create()).updates())
    shown = [(job.kind, line) for event in events if isinstance(event, Update) for job, line in event.lines]
    everything = JobLogs(aws.logs)
    last = events[-1]
    assert isinstance(last, Update)
    expected = [(job.kind, line) for job in last.snapshot.jobs for line in everything.new_lines(job)]
    assert shown == expected
    assert len(shown) > 30
    assert shown[-1][1].text == '"POST /invocations HTTP/1.1" 200'


def test_lines_read_before_an_error_are_not_lost(aws: Monitored) -> None:
    name = aws.sagemaker.create()
    aws.clock.forward(200)
    (training, _) = aws.reader().read(name).jobs
    expected = JobLogs(aws.logs).new_lines(training)
    logs = JobLogs(aws.logs)
    original, calls = aws.logs.get_log_events, 0

    def failing(**arguments: Any) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise refusal("GetLogEvents", "ThrottlingException")
        return original(**arguments)

    aws.logs.get_log_events = failing  # type: ignore[method-assign]
    with pytest.raises(Exception, match="ThrottlingException"):
        logs.new_lines(training)
    assert logs.new_lines(training) == expected


def test_throttling_and_lost_connections_are_waited_out_longer_and_longer(aws: Monitored) -> None:
    name = aws.sagemaker.create()
    aws.sagemaker.service.fail_call("DescribeAlgorithm", "ThrottlingException", "Rate exceeded", times=5)
    events = list(watch(aws, name).updates())
    troubles = [event for event in events if isinstance(event, PollError)]
    assert [poll_error.wait for poll_error in troubles] == [10, 20, 40, 60, 60]
    assert {poll_error.kind for poll_error in troubles} == {"throttling"}
    last = events[-1]
    assert isinstance(last, Update)
    assert last.snapshot.status == "Completed"
    text = poll_error_change(troubles[0], 0).text
    assert text == "AWS asks for fewer calls (Rate exceeded); the next poll is in 10 s"


def test_expired_credentials_are_said_and_a_new_session_goes_on(aws: Monitored) -> None:
    name = aws.sagemaker.create()
    watching = watch(aws, name)
    connected = 0

    def connect() -> Readers:
        nonlocal connected
        connected += 1
        return aws.connect()

    watching.connect = connect
    aws.sagemaker.service.fail_call("DescribeAlgorithm", "ExpiredTokenException", "token is expired", times=3)
    events = list(watching.updates())
    troubles = [event for event in events if isinstance(event, PollError)]
    assert [poll_error.kind for poll_error in troubles] == ["credentials"] * 3
    assert connected == 4
    assert "aws sso login" in poll_error_change(troubles[0], 0).text
    assert isinstance(events[-1], Update)


def test_expired_credentials_end_a_watch_that_nobody_sees(aws: Monitored) -> None:
    name = aws.sagemaker.create()
    aws.sagemaker.service.fail_call("DescribeAlgorithm", "ExpiredTokenException", "token is expired")
    with pytest.raises(Exception, match="token is expired"):
        list(watch(aws, name, wait_for_login=False).updates())


def test_logs_that_may_not_be_read_do_not_end_a_watch(aws: Monitored) -> None:
    name = aws.sagemaker.create()
    aws.logs.failing = [refusal("DescribeLogStreams", "AccessDeniedException") for _ in range(1000)]
    events = list(watch(aws, name).updates())
    assert not any(event.lines for event in events if isinstance(event, Update))
    assert isinstance(events[-1], Update)
    assert events[-1].snapshot.status == "Completed"


def test_an_algorithm_that_a_rollback_deletes_between_two_looks_is_explained() -> None:
    with monitored({"training": "AlgorithmError: exit code 1"}) as aws:
        name = aws.sagemaker.create()

        def roll_back() -> None:
            # CloudFormation is quicker than the watch.
            if aws.sagemaker.clock.time > 1_700_000_000 + 60 and name in listed():
                aws.clock.forward(100)
                aws.sagemaker.client.delete_algorithm(AlgorithmName=name)
                aws.clock.forward(10)

        def listed() -> set[str]:
            summaries = aws.sagemaker.client.list_algorithms()["AlgorithmSummaryList"]
            return {each["AlgorithmName"] for each in summaries}

        last = list(watch(aws, name, during=roll_back).updates())[-1]
    assert isinstance(last, Update)
    seen = last.snapshot
    assert (seen.status, seen.failed, seen.over) == ("Deleted", True, True)
    assert [reason for _, reason in seen.reasons] == ["AlgorithmError: exit code 1"]
    assert [step.state for step in seen.steps] == ["done", "failed", "unreached", "unreached"]


def test_there_must_be_an_algorithm(aws: Monitored) -> None:
    with pytest.raises(MissingAlgorithmError):
        list(watch(aws, "absent").updates())


def test_what_was_over_before_is_not_told_again(aws: Monitored) -> None:
    name = aws.sagemaker.create()
    aws.clock.forward(200)
    (only,) = watch(aws, name).updates()
    assert isinstance(only, Update)
    assert only.lines == ()
    assert only.snapshot.status == "Completed"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mloss\x1b[0m=0.5", "loss=0.5"),
        ("\x1b]0;title\x07after \x1b]8;;https://x\x1b\\link", "after link"),
        ("10%\r20%\r\x1b[2K30%", "30%"),
        ("a\tb\x00\x9bc é漢", "a\tb\\u0000\\u009bc é漢"),
        ("\x1b[", ""),
        ("ok\u202egnp.exe", "ok\\u202egnp.exe"),
    ],
)
def test_what_a_container_prints_cannot_steer_the_terminal(text: str, shown: str) -> None:
    assert LogLine(0.0, text).shown == shown


def test_a_reason_cannot_steer_the_terminal() -> None:
    with monitored({"training": "\x1b[2J\x1b]0;gone\x07exit code 1"}) as aws:
        name = aws.sagemaker.create()
        lines = [change.line() for event in watch(aws, name).updates() for change in changes_of(event)]
        text = rendered(screen(aws.reader().read(name), DisplayOptions()))
    assert "  exit code 1\n" in text
    assert not any("\x1b" in line for line in [*lines, text])


def changes_of(event: Update | PollError) -> list[EventLine]:
    assert isinstance(event, Update)
    return list(Changes().of(event))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refusal("X", "ExpiredToken"), "credentials"),
        (refusal("X", "UnrecognizedClientException"), "credentials"),
        (refusal("X", "ThrottlingException"), "throttling"),
        (refusal("X", "ServiceUnavailable"), "connection"),
        (EndpointConnectionError(endpoint_url="https://aws"), "connection"),
        (NoCredentialsError(), None),
        (refusal("X", "AccessDeniedException"), None),
        (ValueError("a mistake"), None),
    ],
)
def test_kinds_of_trouble(error: Exception, kind: str | None) -> None:
    assert kind_of(error) == kind


def live_view(aws: Monitored, seconds: float) -> LiveView:
    """The screen of a watch that has gone on for a while."""
    view = LiveView(DisplayOptions(), INTERVAL, aws.clock)
    name = aws.sagemaker.create()
    end = aws.clock.time + seconds
    for event in watch(aws, name).updates():
        view.show(event)
        if aws.clock.time >= end:
            break
    return view


@pytest.mark.parametrize(("name", "seconds"), [("scanning", 15), ("training", 95), ("transforming", 160)])
def test_the_screen(aws: Monitored, name: str, seconds: float) -> None:
    check_snapshot(SNAPSHOTS / f"live-{name}.txt", steady(rendered(live_view(aws, seconds), height=24)))


@pytest.mark.parametrize("height", [12, 20, 50])
def test_the_screen_keeps_to_the_terminals_height(aws: Monitored, height: int) -> None:
    lines = rendered(live_view(aws, 95), height=height).splitlines()
    assert len(lines) <= max(height, 18)
    assert lines[0].startswith("● wine-quality  InProgress")
    assert "Ctrl-C ends the watch" in lines[-1]


def test_the_screen_before_there_is_anything() -> None:
    view = LiveView(DisplayOptions(unicode=False), INTERVAL, lambda: 0.0)
    view.wait_for("waiting for stack Wine to create its algorithm")
    assert rendered(view).startswith("| waiting for stack Wine")


def test_the_screen_says_trouble_and_forgets_it(aws: Monitored) -> None:
    view = live_view(aws, 95)
    view.show(PollError(kind="connection", message="ConnectTimeoutError", wait=20))
    assert "AWS cannot be reached (ConnectTimeoutError); the next poll is in 20 s" in rendered(view)
    seen = aws.reader().read("wine-quality")
    view.show(Update(snapshot=seen))
    assert "AWS cannot be reached" not in rendered(view)
