"""Log lines and metrics, with bounded memory."""

from __future__ import annotations

import io
from pathlib import Path

from cdk_sagemaker_algorithm.containers.logs import LARGEST_FILE, LONGEST_LINE, LogCollector, split_lines


def collect(folder: Path, text: bytes, *regexes: str) -> LogCollector:
    metrics = [{"Name": f"m{index}", "Regex": regex} for index, regex in enumerate(regexes)]
    collector = LogCollector(folder / "log", metrics)
    for thread in collector.read("algo-1", [io.BytesIO(text)]):
        thread.join()
    return collector


def test_metrics_are_the_first_group_of_each_line(tmp_path: Path) -> None:
    collector = collect(tmp_path, b"loss: 0.5\nloss: 0.25\nother\n", r"loss: (\S+)", r"gone: (\S+)")
    assert [value for _, value in collector.metrics[0].points] == [0.5, 0.25]
    assert collector.metrics[1].matches == 0


def test_what_is_no_number_is_kept_with_its_line(tmp_path: Path) -> None:
    series = collect(tmp_path, b"acc: 96%\nacc: nan\n", r"acc: (\S+)").metrics[0]
    assert series.points == []
    assert series.not_numbers == [("96%", "acc: 96%"), ("nan", "acc: nan")]


def test_a_regex_that_python_cannot_compile_is_left_alone(tmp_path: Path) -> None:
    assert collect(tmp_path, b"x\n", r"(?<bad").metrics[0].groups is None


def test_an_endless_line_is_cut(tmp_path: Path) -> None:
    summary = collect(tmp_path, b"x" * (3 * LONGEST_LINE + 5)).summary()
    assert summary.lines == 4
    assert max(map(len, summary.tail)) <= LONGEST_LINE


def test_a_huge_log_is_kept_in_part(tmp_path: Path) -> None:
    line = b"x" * 1023 + b"\n"
    collector = LogCollector(tmp_path / "log")

    class Endless(io.RawIOBase):
        left = LARGEST_FILE // 1024 + 100

        def read1(self, size: int) -> bytes:  # noqa: ARG002 - a stream's signature
            self.left -= 1
            return line if self.left >= 0 else b""

    for thread in collector.read("algo-1", [Endless()]):  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
        thread.join()
    summary = collector.summary()
    assert summary.dropped == 100 * 1024
    assert (tmp_path / "log").stat().st_size == LARGEST_FILE
    assert len(summary.tail) == 400


def test_lines_are_split_at_newlines_only() -> None:
    assert list(split_lines(io.BytesIO(b"a\rb\nc"))) == [b"a\rb\n", b"c"]


def test_what_a_terminal_would_act_on_is_not_shown(tmp_path: Path) -> None:
    lines = (
        b"\x1b[31mred\x1b[0m \x07bell\n"  # colors
        b"\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\n"  # title of the window, link
        b"10%\r 100%\r\n"  # a progress bar
        b"a\xe2\x80\xaeb\n"  # right to left
    )
    seen: list[str] = []
    collector = LogCollector(tmp_path / "log", [], lambda _host, line: seen.append(line))
    for thread in collector.read("algo-1", [io.BytesIO(lines)]):
        thread.join()
    assert seen == ["red \\u0007bell", "link", " 100%", "a\\u202eb"]
    assert collector.tail() == tuple(seen)
    file = collector.summary().file
    assert file is not None
    assert file.read_bytes() == lines
