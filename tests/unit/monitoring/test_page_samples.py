"""The output that docs/cli.md quotes is what the commands print. UPDATE_SNAPSHOTS=1 writes it into the page anew."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from cdk_sagemaker_algorithm.cli import app as top
from cdk_sagemaker_algorithm.monitoring import Pace, StackUpdate, StackWatch
from cdk_sagemaker_algorithm.monitoring.formats.live_screen import LiveView
from cdk_sagemaker_algorithm.monitoring.formats.screen import DisplayOptions
from tests.support.monitored import Monitored, monitored, steady
from tests.support.pages import ROOT
from tests.support.snapshots import rendered
from tests.unit.monitoring.test_commands import AFTER, connect
from tests.unit.monitoring.test_stack import REASON, create, failed_deployment

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step

PAGE = ROOT / "docs" / "cli.md"


def running(aws: Monitored) -> None:
    aws.sagemaker.create()
    aws.clock.forward(70)


def failed(aws: Monitored) -> None:
    aws.sagemaker.create()
    aws.clock.forward(AFTER)


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
        ("status-stack", "cdk-sagemaker-algorithm status --stack Trio", failed_deployment, {"training": REASON}),
        ("status-unknown", "cdk-sagemaker-algorithm status wine-qualty", failed, {}),
    ],
)
def test_status_is_quoted_as_it_is(
    name: str,
    command: str,
    before: Callable[[Monitored], None],
    failures: dict[Step, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with monitored(failures) as aws:
        connect(aws, monkeypatch)
        before(aws)
        check_quote(name, quoted(aws, command, capsys))


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
    block = re.compile(rf"(<!-- sample: {name} -->\n```console\n)(.*?)(```\n)", re.DOTALL)
    (found,) = block.finditer(page)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        PAGE.write_text(f"{page[: found.start(2)]}{text}{page[found.end(2) :]}", encoding="utf-8")
        return
    assert found[2] == text
