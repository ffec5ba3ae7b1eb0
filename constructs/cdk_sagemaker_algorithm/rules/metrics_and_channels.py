"""Rules for metrics and channels."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules import sources
from cdk_sagemaker_algorithm.rules.request_view import UNKNOWN, is_list, is_structure, texts
from cdk_sagemaker_algorithm.rules.rule import Problem, rule
from cdk_sagemaker_algorithm.rules.rule_finding import RuleLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.rules.request_view import Definition, Node

ERROR, WARNING = RuleLevel.ERROR, RuleLevel.WARNING
_METRICS = ("TrainingSpecification", "MetricDefinitions")
_CHANNELS = ("TrainingSpecification", "TrainingChannels")
_OBJECTIVES = ("TrainingSpecification", "SupportedTuningJobObjectiveMetrics")

# Errors that every regex dialect shares; Java or PCRE may accept what causes Python's other errors.
_BROKEN_EVERYWHERE = re.compile(
    r"missing \), unterminated subpattern|unbalanced parenthesis|unterminated character set|nothing to repeat"
    r"|multiple repeat|bad character range|min repeat greater than max repeat|bad escape \(end of pattern\)"
)
# Syntax of other dialects that Python reads differently: Python's errors would be wrong.
_OTHER_SYNTAX = re.compile(r"\\[QEGhHRXK]|\[\[:|&&|\(\?[<|R&]|\(\*")


class _Regex(NamedTuple):
    """The result of compiling a regex with Python."""

    error: str | None
    groups: int | None


@rule(
    "metric-duplicate",
    ERROR,
    "metric names must be unique",
    fails=ex.training(MetricDefinitions=[{"Name": "f1", "Regex": "f1=(.*?);"}, {"Name": "f1", "Regex": "F1=(.*?);"}]),
    passes=ex.training(
        MetricDefinitions=[{"Name": "f1", "Regex": "f1=(.*?);"}, {"Name": "auc", "Regex": "auc=(.*?);"}]
    ),
)
def duplicate_metric(definition: Definition) -> Iterator[Problem]:
    for index, name, first in _repeated(definition.metrics):
        yield Problem((*_METRICS, index, "Name"), f"is also the name of metric {first}", name)


@rule(
    "metric-regex",
    ERROR,
    "a metric's regex must be valid",
    why="the metric would never have a value",
    fails=ex.training(MetricDefinitions=[{"Name": "loss", "Regex": "loss=([0-9.]+;"}]),
    passes=ex.training(MetricDefinitions=[{"Name": "loss", "Regex": "loss=([0-9.]+);"}]),
)
def metric_regex(definition: Definition) -> Iterator[Problem]:
    for index, metric in definition.metrics:
        pattern = metric.get("Regex")
        if isinstance(pattern, str) and (error := _read(pattern).error):
            yield Problem((*_METRICS, index, "Regex"), f"is not a valid regex: {error}", pattern)


@rule(
    "metric-regex-group",
    ERROR,
    "a metric's regex must have a capture group for the value",
    why="the metric would never have a value",
    fails=ex.training(MetricDefinitions=[{"Name": "loss", "Regex": "loss=[0-9.]+;"}]),
    passes=ex.training(MetricDefinitions=[{"Name": "loss", "Regex": "loss=([0-9.]+);"}]),
)
def metric_regex_group(definition: Definition) -> Iterator[Problem]:
    for index, metric in definition.metrics:
        pattern = metric.get("Regex")
        if isinstance(pattern, str) and _read(pattern).groups == 0:
            problem = "has no capture group; put parentheses around the value"
            yield Problem((*_METRICS, index, "Regex"), problem, pattern)


@rule(
    "objective-metric-undeclared",
    ERROR,
    "a tuning objective must be a declared metric",
    why="tuning jobs would never receive the objective",
    fails=ex.training(
        MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
        SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "acuracy"}],
    ),
    passes=ex.training(
        MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
        SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "accuracy"}],
    ),
)
def objective_undeclared(definition: Definition) -> Iterator[Problem]:
    metrics = definition.declared_metrics
    for index, name in _objectives(definition):
        if metrics.known and metrics.excludes(name):
            path = (*_OBJECTIVES, index, "MetricName")
            yield Problem(path, "is not in MetricDefinitions", name, candidates=metrics.known)


@rule(
    "objective-metric-without-definitions",
    WARNING,
    "tuning objectives should have metric definitions",
    why="tuning jobs receive the objective only if the container publishes it itself",
    fails=ex.training(SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "accuracy"}]),
    passes=ex.training(
        MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
        SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "accuracy"}],
    ),
)
def objective_without_definitions(definition: Definition) -> Iterator[Problem]:
    metrics = definition.declared_metrics
    if not metrics.known and metrics.complete:
        for index, name in _objectives(definition):
            yield Problem((*_OBJECTIVES, index, "MetricName"), "has no metric definition", name)


@rule(
    "objective-metric-not-tunable",
    WARNING,
    "an algorithm with tuning objectives should have a tunable hyperparameter",
    why="tuning jobs have nothing to search otherwise",
    source=sources.api("TrainingSpecification"),
    fails=ex.training(
        MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
        SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "accuracy"}],
    ),
    passes=ex.training(
        MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
        SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "accuracy"}],
        SupportedHyperParameters=[ex.integer(IsTunable=True)],
    ),
)
def objective_not_tunable(definition: Definition) -> Iterator[Problem]:
    given = definition.training.get("SupportedHyperParameters")
    if not definition.training.get("SupportedTuningJobObjectiveMetrics") or given is UNKNOWN:
        return
    specifications = [parameter.spec for parameter in definition.hyper_parameters]
    if len(specifications) == len(given or ()) and not any(map(_can_be_tunable, specifications)):
        yield Problem(_OBJECTIVES, "are declared, but no hyperparameter has IsTunable")


@rule(
    "channel-duplicate",
    ERROR,
    "channel names must be unique",
    fails=ex.channels(ex.channel(), ex.channel()),
    passes=ex.channels(ex.channel(), ex.channel(Name="validation")),
)
def duplicate_channel(definition: Definition) -> Iterator[Problem]:
    for index, name, first in _repeated(definition.channels):
        yield Problem((*_CHANNELS, index, "Name"), f"is also the name of channel {first}", name)


@rule(
    "channel-fast-file",
    ERROR,
    "channels must not support FastFile",
    why="CreateAlgorithm rejects FastFile although the API model lists it (boto3 issue 4469)",
    fails=ex.channels(ex.channel(SupportedInputModes=["File", "FastFile"])),
    passes=ex.channels(ex.channel(SupportedInputModes=["File", "Pipe"])),
)
def fast_file(definition: Definition) -> Iterator[Problem]:
    for index, channel in definition.channels:
        for place, mode in texts(channel, "SupportedInputModes"):
            if mode == "FastFile":
                path = (*_CHANNELS, index, "SupportedInputModes", place)
                yield Problem(path, "is not supported for algorithms", mode, "File, Pipe")


def _repeated(entries: list[tuple[int, Node]]) -> Iterator[tuple[int, str, int]]:
    """Yield index, name and first index of each entry whose name an earlier entry has."""
    first: dict[str, int] = {}
    for index, entry in entries:
        name = entry.get("Name")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            yield index, name, first[name]


def _can_be_tunable(specification: Node) -> bool:
    # A misspelled or deploy-time field could be IsTunable.
    return specification.get("IsTunable") is True or UNKNOWN in specification.values()


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
    """Compile a regex with Python; syntax that only other dialects have is not judged."""
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
