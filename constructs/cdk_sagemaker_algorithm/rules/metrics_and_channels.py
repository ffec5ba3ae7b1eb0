"""Rules of the metrics and channels that a definition declares."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules.finding import Level
from cdk_sagemaker_algorithm.rules.request_view import is_list, is_structure, texts
from cdk_sagemaker_algorithm.rules.rule import Report, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.rules.request_view import Definition, Node

ERROR, WARNING = Level.ERROR, Level.WARNING
_METRICS = ("TrainingSpecification", "MetricDefinitions")
_CHANNELS = ("TrainingSpecification", "TrainingChannels")
_OBJECTIVES = ("TrainingSpecification", "SupportedTuningJobObjectiveMetrics")

# What Python refuses for reasons that other regular expressions share; the rest may be Java's or PCRE's own.
_BROKEN_EVERYWHERE = re.compile(
    r"missing \), unterminated subpattern|unbalanced parenthesis|unterminated character set|nothing to repeat"
    r"|multiple repeat|bad character range|min repeat greater than max repeat|bad escape \(end of pattern\)"
)
# Syntax of others that Python reads as something else, so its complaints would be wrong.
_OTHER_SYNTAX = re.compile(r"\\[QEGhHRXK]|\[\[:|&&|\(\?[<|R&]|\(\*")


class _Regex(NamedTuple):
    """What Python makes of a regular expression."""

    error: str | None
    groups: int | None


@rule(
    "metric-duplicate",
    ERROR,
    "no two metrics have one name",
    fails=ex.training(MetricDefinitions=[{"Name": "f1", "Regex": "f1=(.*?);"}, {"Name": "f1", "Regex": "F1=(.*?);"}]),
    passes=ex.training(
        MetricDefinitions=[{"Name": "f1", "Regex": "f1=(.*?);"}, {"Name": "auc", "Regex": "auc=(.*?);"}]
    ),
)
def duplicate_metric(definition: Definition) -> Iterator[Report]:
    """A name that an earlier metric has."""
    for index, name, first in _repeated(definition.metrics):
        yield Report((*_METRICS, index, "Name"), f"is also the name of metric {first}", name)


@rule(
    "metric-regex",
    ERROR,
    "a metric's regular expression can be read",
    why="the metric would never have a value",
    fails=ex.training(MetricDefinitions=[{"Name": "loss", "Regex": "loss=([0-9.]+;"}]),
    passes=ex.training(MetricDefinitions=[{"Name": "loss", "Regex": "loss=([0-9.]+);"}]),
)
def metric_regex(definition: Definition) -> Iterator[Report]:
    """A regular expression that is broken in every dialect."""
    for index, metric in definition.metrics:
        pattern = metric.get("Regex")
        if isinstance(pattern, str) and (error := _read(pattern).error):
            yield Report((*_METRICS, index, "Regex"), f"is not a regular expression: {error}", pattern)


@rule(
    "metric-regex-group",
    ERROR,
    "a metric's regular expression has a group that captures the value",
    why="the metric would never have a value",
    fails=ex.training(MetricDefinitions=[{"Name": "loss", "Regex": "loss=[0-9.]+;"}]),
    passes=ex.training(MetricDefinitions=[{"Name": "loss", "Regex": "loss=([0-9.]+);"}]),
)
def metric_regex_group(definition: Definition) -> Iterator[Report]:
    """A regular expression that captures nothing."""
    for index, metric in definition.metrics:
        pattern = metric.get("Regex")
        if isinstance(pattern, str) and _read(pattern).groups == 0:
            problem = "captures nothing; put the part that is the value in parentheses"
            yield Report((*_METRICS, index, "Regex"), problem, pattern)


@rule(
    "objective-metric-undeclared",
    ERROR,
    "a tuning objective is one of the metrics",
    why="a tuning job would never see its objective",
    fails=ex.training(
        MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
        SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "acuracy"}],
    ),
    passes=ex.training(
        MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
        SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "accuracy"}],
    ),
)
def objective_undeclared(definition: Definition) -> Iterator[Report]:
    """An objective that is not among the metrics declared."""
    metrics = definition.declared_metrics
    for index, name in _objectives(definition):
        if metrics.known and metrics.lack(name):
            path = (*_OBJECTIVES, index, "MetricName")
            yield Report(path, "is not among the metric definitions", name, candidates=metrics.known)


@rule(
    "objective-metric-without-definitions",
    WARNING,
    "where there are tuning objectives, there are metric definitions",
    why="a tuning job sees its objective only if the container publishes it by itself",
    fails=ex.training(SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "accuracy"}]),
    passes=ex.training(
        MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
        SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "accuracy"}],
    ),
)
def objective_without_definitions(definition: Definition) -> Iterator[Report]:
    """An objective, and no metrics at all."""
    metrics = definition.declared_metrics
    if not metrics.known and metrics.complete:
        for index, name in _objectives(definition):
            yield Report((*_OBJECTIVES, index, "MetricName"), "has no metric definition", name)


@rule(
    "channel-duplicate",
    ERROR,
    "no two channels have one name",
    fails=ex.channels(ex.channel(), ex.channel()),
    passes=ex.channels(ex.channel(), ex.channel(Name="validation")),
)
def duplicate_channel(definition: Definition) -> Iterator[Report]:
    """A name that an earlier channel has."""
    for index, name, first in _repeated(definition.channels):
        yield Report((*_CHANNELS, index, "Name"), f"is also the name of channel {first}", name)


@rule(
    "channel-fast-file",
    ERROR,
    "no channel supports FastFile",
    why="the API lists it, but CreateAlgorithm has refused it (boto3 issue 4469)",
    fails=ex.channels(ex.channel(SupportedInputModes=["File", "FastFile"])),
    passes=ex.channels(ex.channel(SupportedInputModes=["File", "Pipe"])),
)
def fast_file(definition: Definition) -> Iterator[Report]:
    """FastFile among a channel's input modes."""
    for index, channel in definition.channels:
        for place, mode in texts(channel, "SupportedInputModes"):
            if mode == "FastFile":
                path = (*_CHANNELS, index, "SupportedInputModes", place)
                yield Report(path, "is not supported in an algorithm's channels", mode, "File, Pipe")


def _repeated(entries: list[tuple[int, Node]]) -> Iterator[tuple[int, str, int]]:
    """Places and names of the entries whose name an earlier entry has, and that entry's place."""
    first: dict[str, int] = {}
    for index, entry in entries:
        name = entry.get("Name")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            yield index, name, first[name]


def _objectives(definition: Definition) -> Iterator[tuple[int, str]]:
    entries = definition.training.get("SupportedTuningJobObjectiveMetrics")
    if not is_list(entries):
        return
    for index, entry in enumerate(entries):
        name = entry.get("MetricName") if is_structure(entry) else None
        if isinstance(name, str):
            yield index, name


@lru_cache(maxsize=1024)
def _read(pattern: str) -> _Regex:
    """Read a regular expression as Python does, without judging what only other dialects know."""
    if _OTHER_SYNTAX.search(pattern):
        return _Regex(None, None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _Regex(None, re.compile(pattern).groups)
    except re.error as error:
        return _Regex(error.msg if _BROKEN_EVERYWHERE.match(error.msg) else None, None)
    except (OverflowError, RecursionError):
        return _Regex(None, None)
