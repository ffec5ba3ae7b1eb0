"""The output that docs/cli.md quotes is what the commands print. UPDATE_SNAPSHOTS=1 writes it into the page anew."""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from cdk_sagemaker_algorithm.cli import app as top
from cdk_sagemaker_algorithm.monitoring import Pace, StackUpdate, StackWatch
from cdk_sagemaker_algorithm.monitoring.formats.live_screen import LiveView
from cdk_sagemaker_algorithm.monitoring.formats.screen import DisplayOptions
from cdk_sagemaker_algorithm.monitoring.formats.status import text as status_text
from tests.support.monitored import Monitored, monitored, steady
from tests.support.pages import ROOT
from tests.support.snapshots import rendered
from tests.unit.monitoring.test_commands import AFTER, connect
from tests.unit.monitoring.test_stack import REASON, create, failed_deployment

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step

PAGE = ROOT / "docs" / "cli.md"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the commands write into an empty folder."""
    monkeypatch.chdir(tmp_path)


def running(aws: Monitored) -> None:
    aws.sagemaker.create()
    aws.clock.forward(70)


def failed(aws: Monitored) -> None:
    aws.sagemaker.create()
    aws.clock.forward(AFTER)


def one_of_two(aws: Monitored) -> None:
    failed(aws)
    aws.sagemaker.create(AlgorithmName="wine-quality-2")
    aws.clock.forward(15)


def quoted(aws: Monitored, command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a person sees of a command; local AWS has no console, so that the page has no links."""
    top.run(command.split()[1:])
    shown = capsys.readouterr()
    assert aws.clock() > 0
    return steady(f"$ {command}\n{shown.out}{shown.err}")


@pytest.mark.parametrize(
    ("name", "command", "before", "failures"),
    [
        ("status", "cdk-sagemaker-algorithm status wine-quality", running, {}),
        ("status-failed", "cdk-sagemaker-algorithm status wine-quality", failed, {"training": REASON}),
        ("status-list", "cdk-sagemaker-algorithm status", one_of_two, {}),
        ("status-stack", "cdk-sagemaker-algorithm status --stack Trio", failed_deployment, {"training": REASON}),
        ("status-unknown", "cdk-sagemaker-algorithm status wine-qualty", failed, {}),
        (
            "watch-lines",
            "cdk-sagemaker-algorithm watch --stack Trio --start-within 0",
            failed_deployment,
            {"training": REASON},
        ),
        ("report", "cdk-sagemaker-algorithm report wine-quality", failed, {}),
        ("import", "cdk-sagemaker-algorithm import wine-quality -o stack.py", failed, {}),
    ],
)
def test_commands_are_quoted_as_they_are(
    name: str,
    command: str,
    before: Callable[[Monitored], None],
    failures: dict[Step, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with monitored(failures) as aws:
        connect(aws, monkeypatch)
        monkeypatch.setattr(status_text, "time", SimpleNamespace(time=aws.clock))
        before(aws)
        shown = quoted(aws, command, capsys)
        # At its end, the watch without a terminal shows the same as `status`.
        check_quote(name, shown.partition("\n\n")[0] + "\n" if name == "watch-lines" else shown)
    if name == "import":
        code = Path("stack.py").read_text(encoding="utf-8").splitlines(keepends=True)
        begin = next(number for number, line in enumerate(code) if line.lstrip().startswith("# The name itself"))
        check_quote("import-code", "".join(code[begin : begin + 7]))


def test_check_is_quoted_as_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    request = (ROOT / "examples/tutorials/data_scientist/algorithm.json").read_text(encoding="utf-8")
    assert request.count('"ml.m5.xlarge"') == 1
    Path("bad.json").write_text(request.replace('"ml.m5.xlarge"', '"m5.xlarge"'), encoding="utf-8")
    command = "cdk-sagemaker-algorithm check bad.json"
    top.run(["check", "bad.json"])
    shown = capsys.readouterr()
    check_quote("check", f"$ {command}\n{shown.out}{shown.err}")


def test_watch_in_a_terminal_is_quoted_as_it_is() -> None:
    with monitored() as aws:
        stack = aws.cloudformation.deploy("Trio")
        for logical_id in ("Forest", "Trees", "Woods"):
            create(aws, stack, logical_id, f"trio-{logical_id.lower()}-0123456789ab")
            aws.clock.forward(20)
        aws.clock.forward(35)
        pace = Pace(timeout=0, now=aws.clock, sleep=aws.clock.forward)
        view = LiveView(DisplayOptions(), 10.0, aws.clock)
        for event in StackWatch(aws.connect, "Trio", pace=pace).updates():
            assert isinstance(event, StackUpdate)
            view.show(event)
    text = rendered(view, width=80, height=20)
    check_quote("watch-stack", steady(f"$ cdk-sagemaker-algorithm watch --stack Trio\n{text}"))


def check_quote(name: str, text: str) -> None:
    """Fail if the page has another output below ``<!-- sample: NAME -->``."""
    page = PAGE.read_text(encoding="utf-8")
    block = re.compile(rf"(<!-- sample: {name} -->\n```\w+\n)(.*?)(```\n)", re.DOTALL)
    (found,) = block.finditer(page)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        PAGE.write_text(f"{page[: found.start(2)]}{text}{page[found.end(2) :]}", encoding="utf-8")
        return
    assert found[2] == text
