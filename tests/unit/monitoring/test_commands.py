from __future__ import annotations

import json
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from cdk_sagemaker_algorithm.cli import app as top
from cdk_sagemaker_algorithm.cli.exit_statuses import EXIT_STATUSES
from cdk_sagemaker_algorithm.monitoring import Pace, Readers
from tests.support.json_schemas import validate
from tests.support.monitored import Monitored, monitored, refusal
from tests.support.sagemaker import definition

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step

ARN = "arn:aws:sagemaker:us-east-1:000000000000:algorithm/wine-quality"
AFTER = 200.0
MODULES = ("status", "watch", "report")


def connect(aws: Monitored, monkeypatch: pytest.MonkeyPatch, *, during: Callable[[], None] = lambda: None) -> None:
    """Let the commands see this AWS; a watch's sleep is what makes time go on."""

    def clients(_options: object) -> Monitored:
        return aws

    for name in MODULES:
        module = import_module(f"cdk_sagemaker_algorithm.cli.commands.{name}")
        monkeypatch.setattr(module, "Clients", clients)
        monkeypatch.setattr(module, "Readers", partial(Readers, now=aws.clock))
    monkeypatch.setattr(import_module("cdk_sagemaker_algorithm.cli.clients"), "Clients", clients)

    def sleep(seconds: float) -> None:
        aws.clock.forward(seconds)
        during()

    watch = import_module("cdk_sagemaker_algorithm.cli.commands.watch")
    monkeypatch.setattr(watch, "Pace", partial(Pace, sleep=sleep, now=aws.clock))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Generator[Monitored]:
    with monitored() as running:
        connect(running, monkeypatch)
        yield running


def test_every_exit_status_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run(["--help"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    for status, meaning in EXIT_STATUSES.items():
        assert f"{status} {meaning.replace('`', '')}" in words


@pytest.mark.parametrize("name", ["status", "watch", "report", "import"])
def test_help_has_examples_and_exit_statuses(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Examples" in text
    assert f"cdk-sagemaker-algorithm {name}" in text
    assert "Exit status: 0" in " ".join(text.split())


def test_status_lists_algorithms(aws: Monitored, capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run(["status"]) == 0
    assert "there is no algorithm in us-east-1" in capsys.readouterr().out
    aws.sagemaker.create()
    assert top.run(["status"]) == 0
    assert "wine-quality  Pending" in capsys.readouterr().out
    assert top.run(["status", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    validate(document, "monitoring-schema.json")
    (listed,) = document["algorithms"]
    assert listed["name"] == "wine-quality"


@pytest.mark.parametrize("name", ["wine-quality", ARN])
def test_status_shows_one(aws: Monitored, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    aws.sagemaker.create()
    aws.clock.forward(70)
    assert top.run(["status", name]) == 0
    text = capsys.readouterr().out
    assert "● wine-quality  InProgress  validation step: training" in text
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert top.run(["status", name, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    validate(document, "monitoring-schema.json")
    assert document["algorithms"][0]["status"] == "InProgress"


@pytest.mark.parametrize("command", ["status", "watch", "report", "import"])
@pytest.mark.usefixtures("aws")
def test_a_missing_algorithm_has_its_exit_status(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run([command, "absent"]) == 4
    error = capsys.readouterr().err
    assert "error: there is no algorithm 'absent' in us-east-1" in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["status", "wine", "--stack", "Wine"], "NAME 'wine' and --stack 'Wine' cannot be combined"),
        (["watch"], "give the NAME or ARN of an algorithm, or a --stack"),
        (["watch", "wine", "--stack", "Wine"], "and not both"),
        (["status", "arn:aws:iam::000000000000:role/x"], "is not the ARN of an algorithm"),
        (["import", "nowhere.json"], "nowhere.json: no such file or directory; give the path of a JSON file"),
    ],
)
@pytest.mark.usefixtures("aws")
def test_wrong_usage(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("failures", "status"),
    [({}, 0), ({"image-scan": "CVE"}, 3), ({"training": "exit code 1"}, 3), ({"transform": "415"}, 3)],
)
def test_watch_says_the_outcome_by_its_exit_status(
    failures: dict[Step, str], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monitored(failures) as aws:
        connect(aws, monkeypatch)
        aws.sagemaker.create()
        assert top.run(["watch", "wine-quality"]) == status
    text = capsys.readouterr().out
    assert "image scan: running" in text
    for reason in failures.values():
        assert f"Why it failed\n{'image scan' if reason == 'CVE' else ''}" in text
        assert reason in text


def test_watch_as_json_lines(aws: Monitored, capsys: pytest.CaptureFixture[str]) -> None:
    aws.sagemaker.create()
    assert top.run(["watch", "wine-quality", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {event["event"] for event in events} == {"status", "step", "phase", "log", "metric", "outcome"}
    assert events[-1]["event"] == "outcome"
    assert events[-1]["algorithms"][0]["status"] == "Completed"
    for event in events:
        validate(event, "monitoring-schema.json")
    times = [event["time"] for event in events[:-1]]
    assert times == sorted(times)
    values = [event["value"] for event in events if event.get("metric") == "validation:r2"]
    assert values == sorted(values)
    assert len(values) == 10


def test_watch_stops_at_its_timeout(aws: Monitored, capsys: pytest.CaptureFixture[str]) -> None:
    aws.sagemaker.create()
    # The first look comes later than this, and there is no second one.
    assert top.run(["watch", "wine-quality", "--timeout", "1e-9"]) == 5
    assert aws.sagemaker.clock.time == aws.sagemaker.clock.__class__().time
    assert "follow it to its end:\n  cdk-sagemaker-algorithm watch wine-quality" in capsys.readouterr().out


def test_watch_gives_up_on_credentials_where_nobody_can_log_in(
    aws: Monitored, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    aws.sagemaker.create()
    service = aws.sagemaker.service

    def fail() -> None:
        service.fail_call("DescribeAlgorithm", "ExpiredTokenException", "expired")

    fail()
    assert top.run(["watch", "wine-quality"]) == 1
    # Nothing is known of a validation.
    assert "error: the AWS credentials have expired; log in again" in capsys.readouterr().err
    connect(aws, monkeypatch, during=fail)
    assert top.run(["watch", "wine-quality", "--interval", "3", "--timeout", "900", "--plain"]) == 1
    error = capsys.readouterr().err
    assert "the credentials are no longer valid; the validation continues" in error
    again = "cdk-sagemaker-algorithm watch wine-quality --interval 3 --timeout 900 --plain"
    assert f"with `aws sso login`, and continue with: {again}" in error


def test_watch_survives_throttling(aws: Monitored, capsys: pytest.CaptureFixture[str]) -> None:
    aws.sagemaker.create()
    aws.sagemaker.service.fail_call("DescribeAlgorithm", "ThrottlingException", "Rate exceeded", times=3)
    assert top.run(["watch", "wine-quality"]) == 0
    assert capsys.readouterr().out.count("AWS asks for fewer calls") == 3
    aws.sagemaker.service.fail_call("DescribeAlgorithm", "ThrottlingException", "Rate exceeded")
    assert top.run(["watch", "wine-quality", "--json"]) == 0
    event = json.loads(capsys.readouterr().out.splitlines()[0])
    validate(event, "monitoring-schema.json")
    assert (event["kind"], event["event"], event["error"]) == ("watch", "poll_error", "throttling")


def test_report_is_written(
    aws: Monitored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    aws.sagemaker.create()
    aws.clock.forward(AFTER)
    assert top.run(["report", "wine-quality"]) == 0
    assert capsys.readouterr().err == "wrote wine-quality.html\n"
    assert "validation:r2" in (tmp_path / "wine-quality.html").read_text(encoding="utf-8")
    aws.logs.failing = [refusal("DescribeLogStreams", "AccessDeniedException", "no")] * 2
    assert top.run(["report", "wine-quality", "-o", "other.html"]) == 0
    assert "could not read the log of training job" in capsys.readouterr().err
    assert top.run(["report", "wine-quality", "-o", "nowhere/x.html"]) == 2
    assert "nowhere/x.html: cannot be written: no such file or directory" in capsys.readouterr().err
    assert top.run(["report", "wine-quality"]) == 2
    assert "wine-quality.html: file exists; add --force to overwrite it" in capsys.readouterr().err
    assert top.run(["report", "wine-quality", "--force"]) == 0


def test_report_as_json_and_markdown(aws: Monitored, capsys: pytest.CaptureFixture[str]) -> None:
    aws.sagemaker.create()
    aws.clock.forward(AFTER)
    assert top.run(["report", "wine-quality", "--json", "-o", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    validate(document, "monitoring-schema.json")
    assert document["totals"]["billableInstanceSeconds"] == document["algorithms"][0]["jobs"][0]["billableSeconds"] > 0
    assert document["totals"]["cost"] is None
    assert len(document["algorithms"][0]["curves"][0]["points"]) == 10
    assert top.run(["report", "wine-quality", "--format", "markdown", "-o", "-"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("## ✅ wine\\-quality: passed its validation\n")
    assert f"- Billable instance-seconds of training: {document['totals']['billableInstanceSeconds']}" in text


PRICES = {
    "currency": "USD",
    "region": "us-east-1",
    "date": "2026-11-01",
    "perHour": {"training": {"ml.m5.large": 36}, "transform": {"ml.m5.large": 3.6}},
}


def test_a_report_with_prices_has_money(aws: Monitored, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps(PRICES), encoding="utf-8")
    aws.sagemaker.create()
    aws.clock.forward(AFTER)
    command = ["report", "wine-quality", "--prices", str(prices), "-o", "-", "--format"]
    assert top.run([*command, "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    validate(document, "monitoring-schema.json")
    training, transform = document["algorithms"][0]["jobs"]
    worked = document["totals"]["workingInstanceSeconds"] - training["billableSeconds"]
    # 36 USD an hour is a cent a second; SageMaker has no figure for transform jobs, so their working time counts.
    assert document["totals"]["cost"] == {
        "currency": "USD",
        "amount": round(training["billableSeconds"] * 0.01 + worked * 0.001, 4),
        "missing": [],
        "prices": "prices in USD for us-east-1 as of 2026-11-01",
    }
    assert transform["billableSeconds"] is None
    for output_format in ("markdown", "html"):
        assert top.run([*command, output_format]) == 0
        assert "0\\.7" in (text := capsys.readouterr().out) or "about 0.7" in text
    prices.write_text(json.dumps({**PRICES, "perHour": {"training": {"ml.p4d.24xlarge": 1}}}), encoding="utf-8")
    assert top.run([*command, "html"]) == 0
    assert "no price for training on ml.m5.large, transform on ml.m5.large" in capsys.readouterr().out
    prices.write_text("{}", encoding="utf-8")
    assert top.run([*command, "html"]) == 2
    assert "currency is missing" in capsys.readouterr().err


def test_instances_multiply_what_is_charged(aws: Monitored, capsys: pytest.CaptureFixture[str]) -> None:
    request = definition()
    profile = request["ValidationSpecification"]["ValidationProfiles"][0]
    profile["TrainingJobDefinition"]["ResourceConfig"]["InstanceCount"] = 3
    aws.sagemaker.client.create_algorithm(**request)
    aws.clock.forward(AFTER)
    assert top.run(["report", "wine-quality", "--json", "-o", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    seconds = document["algorithms"][0]["jobs"][0]["billableSeconds"]
    assert document["totals"]["billableInstanceSeconds"] == 3 * seconds


def test_two_validations_are_compared(aws: Monitored, capsys: pytest.CaptureFixture[str]) -> None:
    aws.sagemaker.create()
    aws.clock.forward(AFTER)
    other = definition(AlgorithmName="wine-quality-2")
    other["TrainingSpecification"]["TrainingImage"] += "2"
    aws.sagemaker.client.create_algorithm(**other)
    aws.clock.forward(AFTER)
    command = ["report", "wine-quality-2", "--compare", "wine-quality", "-o", "-", "--format"]
    assert top.run([*command, "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    validate(document, "monitoring-schema.json")
    comparison = document["algorithms"][0]["comparison"]
    rows = {row["what"]: row for row in comparison["rows"]}
    assert comparison["with"] == "wine-quality"
    assert (rows["outcome"]["before"], rows["outcome"]["after"]) == ("passed", "passed")
    assert rows["from creation to end"]["change"] == "+0 s (+0 %)"
    assert rows["metric validation:r2"]["before"] == "0.9455"
    assert rows["training image"]["change"] == "differs"
    assert "hyperparameters" not in rows
    assert top.run([*command, "markdown"]) == 0
    assert "Compared with wine\\-quality:" in capsys.readouterr().out
    assert top.run([*command, "html"]) == 0
    assert '<h2 id="comparison">Compared with wine-quality</h2>' in capsys.readouterr().out
    assert top.run(["report", "wine-quality-2", "--compare", "absent", "-o", "-"]) == 4
    capsys.readouterr()
    assert top.run(["report", "wine-quality-2", "--compare", "previous", "--json", "-o", "-"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["algorithms"][0]["comparison"] is None
    assert "there is no previous validation of wine-quality-2" in shown.err


def test_import_of_a_live_algorithm_and_of_files(
    aws: Monitored, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.sagemaker.create()
    file = tmp_path / "stack.py"
    assert top.run(["import", "wine-quality", "-o", str(file)]) == 0
    assert f'synthesize it with: cdk synth --app "python {file}"' in capsys.readouterr().err
    source = file.read_text(encoding="utf-8")
    assert 'cdk.Tags.of(algorithm).add("team", "wine")' in source
    assert "# DescribeAlgorithm does not return" in source

    assert top.run(["import", "wine-quality", "-o", str(file)]) == 2
    assert f"{file}: file exists; add --force to overwrite it" in capsys.readouterr().err
    request = tmp_path / "request.json"
    request.write_text(json.dumps(definition()), encoding="utf-8")
    assert top.run(["import", str(request), "-o", str(file), "--force"]) == 0
    assert 'algorithm_name="wine-quality"' in file.read_text(encoding="utf-8")
    assert top.run(["import", str(request), "-o", str(tmp_path / "no" / "stack.py")]) == 2
    capsys.readouterr()
    assert top.run(["import", str(request), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    validate(document, "import-schema.json")
    assert 'algorithm_name="wine-quality"' in document["source"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "request.json:1:2: not JSON: Expecting property name enclosed in double quotes"),
        ("[]", "request.json: a CreateAlgorithm request is a JSON object, this is a list"),
        ("{}", "request.json: TrainingSpecification is missing"),
        ('{"TrainingSpecification": {}, "X": 1}', "request.json: 'X': not a member of a CreateAlgorithm request"),
    ],
)
def test_files_that_are_no_requests(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "request.json").write_text(text, encoding="utf-8")
    assert top.run(["import", "request.json"]) == 2
    assert f"error: {message}" in capsys.readouterr().err


def test_a_wrong_choice_is_told_without_the_words_of_the_validator(capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run(["report", "wine-quality", "--format", "pdf"]) == 2
    words = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "Invalid value for '--format' / '-f': 'pdf' is not one of 'html', 'markdown', 'json'." in words
