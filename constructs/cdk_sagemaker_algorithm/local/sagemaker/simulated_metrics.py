"""Generate and extract metrics with the regexes of a definition."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobLogLine
    from cdk_sagemaker_algorithm.model.json_access import JsonObject

# Parts of the names of metrics that training increases.
_RISING = re.compile(
    r"acc|auc|f1|f-score|precision|recall|r2|r_2|map\b|ndcg|bleu|rouge|iou|dice|reward|score|likelihood"
)
_GROUP = re.compile(r"(?<!\\)\((?!\?)")
# Tokens of a regex: each escape and each class becomes one character of the line.
_PIECE = re.compile(
    r"""(?P<digit>\\d[*+]?\??)
      | (?P<space>(?:\\s|\.)[*+]?\??)
      | \\(?P<escaped>.)
      | \[(?P<one_of>[^\]])[^\]]*\][*+]?\??
      | (?P<anchor>[\^$])
      | (?P<literal>[^\\.\[\](){}^$])[*+]?\??
    """,
    re.VERBOSE,
)


def matching_line(regex: str, value: float) -> str | None:
    """Generate a log line in which a metric's regex matches a value.

    Args:
        regex: The metric's regex.
        value: The value to match.

    Returns:
        The line; None if the regex is too complex.
    """
    begin = _GROUP.search(regex)
    end = _closing(regex, begin.end()) if begin else None
    if begin is None or end is None:
        return None
    line = f"{_literal(regex[: begin.start()])}{value}{_literal(regex[end + 1 :])}"
    return line if found(regex, line) == value else None


def final_metrics(definitions: Iterable[Mapping[str, str]], log: Iterable[JobLogLine]) -> list[JsonObject]:
    """Find each metric's last value in a log.

    Args:
        definitions: Metrics: Name and Regex.
        log: The training job's log.

    Returns:
        `FinalMetricDataList` of DescribeTrainingJob.
    """
    lines = list(log)
    data: list[JsonObject] = []
    for metric in definitions:
        for line in reversed(lines):
            value = found(metric["Regex"], line.text)
            if value is not None:
                data.append({"MetricName": metric["Name"], "Value": value, "Timestamp": line.time})
                break
    return data


def rises(name: str, objectives: Mapping[str, str]) -> bool:
    """Return whether training increases a metric.

    Args:
        name: The metric's name.
        objectives: Minimize or Maximize, by the names of the tuning objectives.
    """
    if name in objectives:
        return objectives[name] == "Maximize"
    return bool(_RISING.search(name.lower()))


def simulated_value(epoch: int, *, rising: bool) -> float:
    """Return a value on a deterministic learning curve.

    Args:
        epoch: The epoch, from 0.
        rising: Whether training increases the metric.
    """
    loss = 0.6 / (2 + epoch)
    return round(1 - loss if rising else loss, 4)


def found(regex: str, line: str) -> float | None:
    """Return the number in the first group of a regex match.

    Args:
        regex: A metric's regex.
        line: A line of a log.

    Returns:
        The number; None if the regex finds none.
    """
    try:
        match = re.search(regex, line)
        return float(match[1]) if match else None
    except (re.error, IndexError, ValueError, TypeError):
        return None


def _closing(regex: str, start: int) -> int | None:
    """Return the end of a group, including nested groups."""
    depth = 1
    for match in re.finditer(r"\\.|[()]", regex[start:]):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return start + match.start()
    return None


def _literal(regex: str) -> str:
    """Write a piece of a regex as a string that it may match."""
    return _PIECE.sub(_plain, regex)


def _plain(piece: re.Match[str]) -> str:
    """Write one character for one element of a regex."""
    if piece["digit"]:
        return "0"
    if piece["space"]:
        return " "
    return piece["escaped"] or piece["one_of"] or piece["literal"] or ""
