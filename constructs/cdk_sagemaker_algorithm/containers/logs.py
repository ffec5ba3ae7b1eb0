"""Log lines of a container: kept in part, written to a file up to a limit, and searched for metrics.

Standard output and standard error are read separately, so that their lines never mix. Memory stays bounded for any
output: a line is cut where a CloudWatch event ends, and only the last lines are kept.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, cast

from cdk_sagemaker_algorithm.model.display_text import log_line, printable

#: Bytes of one CloudWatch log event without its overhead.
LONGEST_LINE: Final = 262_118
#: Bytes of a log that are written to the log file.
LARGEST_FILE: Final = 64 << 20
_SEARCHED: Final = 16_384
_KEPT_LINES: Final = 400
_KEPT_CHARACTERS: Final = 4_096
_MOST_POINTS: Final = 100_000
_CHUNK: Final = 1 << 16
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
#: Is called with the host, or what else writes the line, and the line.
Listener = Callable[[str, str], None]


@dataclass(slots=True)
class MetricSeries:
    """The values of one metric.

    Attributes:
        name: The metric's name.
        regex: Its regular expression.
        points: Time in seconds since 1970 and value.
        matches: The number of lines that match.
        not_numbers: The first texts that the regex caught and that are no number, with their lines.
        groups: The number of capture groups; None if Python cannot compile the expression.
    """

    name: str
    regex: str
    points: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    matches: int = 0
    not_numbers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    groups: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSummary:
    """A log after its container has ended.

    Attributes:
        lines: The number of lines.
        tail: The last lines.
        file: The whole log, up to a limit; None if there was no output.
        dropped: Bytes that are not in the file.
        cut: The number of lines that were cut.
        not_utf8: The number of lines that are not UTF-8.
    """

    lines: int
    tail: tuple[str, ...]
    file: Path | None
    dropped: int = 0
    cut: int = 0
    not_utf8: int = 0

    def last_words(self, count: int = 6) -> tuple[str, ...]:
        """Return the last lines that are not empty.

        Args:
            count: The number of lines.
        """
        return tuple(line for line in self.tail if line.strip())[-count:]


class LogCollector:
    """Reads the output of one or several containers of a job."""

    def __init__(
        self,
        file: Path,
        metrics: Sequence[Mapping[str, str]] = (),
        listener: Listener = lambda _host, _line: None,
    ) -> None:
        """Create a collector.

        Args:
            file: The log file.
            metrics: MetricDefinitions.
            listener: Is called with host and line, from the reading threads.
        """
        self.metrics = [MetricSeries(str(item["Name"]), str(item["Regex"])) for item in metrics]
        self._patterns = [_compiled(series) for series in self.metrics]
        self._file = file
        self._stream: IO[bytes] | None = None
        self._written = self._dropped = self._lines = self._cut = self._not_utf8 = 0
        self._tail: deque[str] = deque(maxlen=_KEPT_LINES)
        self._listener = listener
        self._lock = threading.Lock()

    def read(self, host: str, pipes: Sequence[IO[bytes]]) -> list[threading.Thread]:
        """Start to read pipes to their end.

        Args:
            host: The host that the lines belong to.
            pipes: Standard output and standard error.

        Returns:
            Threads to be joined.
        """
        threads = [threading.Thread(target=self._read, args=(host, pipe), daemon=True) for pipe in pipes]
        for thread in threads:
            thread.start()
        return threads

    def summary(self) -> LogSummary:
        """Close the file and return what is kept."""
        with self._lock:
            if self._stream is not None:
                self._stream.close()
            return LogSummary(
                lines=self._lines,
                tail=tuple(self._tail),
                file=self._file if self._stream is not None else None,
                dropped=self._dropped,
                cut=self._cut,
                not_utf8=self._not_utf8,
            )

    def tail(self) -> tuple[str, ...]:
        """Return the last lines so far."""
        with self._lock:
            return tuple(self._tail)

    def _read(self, host: str, pipe: IO[bytes]) -> None:
        for line in split_lines(pipe):
            self._take(host, line)

    def _take(self, host: str, line: bytes) -> None:
        content = line.rstrip(b"\r\n")
        text = content.decode(errors="replace")
        shown = log_line(text[:_KEPT_CHARACTERS])
        with self._lock:
            self._lines += 1
            # A character can be cut in two at the end of a long line.
            self._not_utf8 += len(content) < LONGEST_LINE and _REPLACEMENT in text and not _is_utf8(content)
            self._cut += not line.endswith(b"\n") and len(line) >= LONGEST_LINE
            self._tail.append(shown)
            self._write(line if line.endswith(b"\n") else line + b"\n")
            self._search(text[:_SEARCHED])
        self._listener(host, shown)

    def _write(self, line: bytes) -> None:
        if self._stream is None:
            self._stream = self._file.open("wb")
        if self._written + len(line) > LARGEST_FILE:
            self._dropped += len(line)
            return
        self._stream.write(line)
        self._written += len(line)

    def _search(self, text: str) -> None:
        now = time.time()
        for series, pattern in zip(self.metrics, self._patterns, strict=True):
            match = pattern.search(text) if pattern else None
            if match is None:
                continue
            series.matches += 1
            caught = (match[1] if series.groups else match[0]) or ""
            value = _number(caught) if series.groups else None
            if value is None:
                if len(series.not_numbers) < 3:  # noqa: PLR2004 - enough to show
                    series.not_numbers.append((caught[:200], printable(text[:300])))
            elif len(series.points) < _MOST_POINTS:
                series.points.append((now, value))


def split_lines(pipe: IO[bytes]) -> Iterator[bytes]:
    """Read lines with a limit to their length; a longer line comes in pieces."""
    rest = b""
    reader = cast("Callable[[int], bytes]", getattr(pipe, "read1", pipe.read))
    while data := reader(_CHUNK):
        rest += data
        *lines, rest = rest.split(b"\n")
        for line in lines:
            yield from _pieces(line + b"\n")
        while len(rest) >= LONGEST_LINE:
            yield rest[:LONGEST_LINE]
            rest = rest[LONGEST_LINE:]
    if rest:
        yield rest


def _pieces(line: bytes) -> Iterator[bytes]:
    while len(line) > LONGEST_LINE:
        yield line[:LONGEST_LINE]
        line = line[LONGEST_LINE:]
    yield line


def _compiled(series: MetricSeries) -> re.Pattern[str] | None:
    try:
        pattern = re.compile(series.regex)
    except re.error:
        return None
    series.groups = pattern.groups
    return pattern


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
