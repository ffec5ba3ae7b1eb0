"""The steps of a run on a terminal and in a pipe."""

from __future__ import annotations

import io
import sys

import pytest

from cdk_sagemaker_algorithm.cli.terminal import console
from cdk_sagemaker_algorithm.preflight.formats.steps import Screen
from cdk_sagemaker_algorithm.reporting import Level


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen_on(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    return Screen(console(stderr=True))


@pytest.mark.parametrize("color", ["", "1"])
@pytest.mark.parametrize("stream", [Terminal, io.StringIO], ids=["terminal", "pipe"])
def test_a_step_leaves_its_log_and_one_line(
    stream: type[io.StringIO], color: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", color)
    screen = screen_on(output := stream(), monkeypatch)
    screen.begin("Iris", "training")
    screen.log("algo-1", "accuracy: 0.9")
    screen.end(Level.WARNING, "exit 0 in 3 s\x1b[2J")
    screen.close()
    text = output.getvalue()
    assert "algo-1 | accuracy: 0.9" in text
    assert "exit 0 in 3 s\\u001b[2J" in text
    assert ("0 s" in text.partition("exit")[0]) is output.isatty(), "only a terminal gets a spinner"


def test_a_terminal_breaks_lines_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "28")
    for stream, text in (
        (Terminal(), "model.tar.gz has 134 \n    bytes\n"),
        (io.StringIO(), "model.tar.gz has 134 bytes\n"),
    ):
        screen_on(stream, monkeypatch).note("model.tar.gz has 134 bytes")
        assert stream.getvalue() == text
