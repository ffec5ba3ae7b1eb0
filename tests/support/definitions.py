"""Random valid definitions, small enough that two of them are similar."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

Json = Any

_INSTANCES = ["ml.m5.large", "ml.m5.xlarge", "ml.c5.large"]
_TYPES = ["text/csv", "application/json", "image/png"]


def _subsets(values: list[str], least: int = 0) -> SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=len(values), unique=True)


@st.composite
def _hyperparameter(draw: DrawFn, name: str) -> dict[str, Json]:
    kind = draw(st.sampled_from(["Integer", "Continuous", "Categorical", "FreeText"]))
    found: dict[str, Json] = {"Name": name, "Type": kind}
    values = ["any-text"]
    if kind == "Categorical":
        values = draw(_subsets(["a", "b", "1", "2", "3"], least=1))
        bounds: dict[str, Json] = {"Values": values}
    elif kind != "FreeText":
        low = draw(st.integers(-3, 3))
        high = low + draw(st.integers(0, 4))
        half = "" if kind == "Integer" else draw(st.sampled_from(["", ".5"]))
        bounds = {"MinValue": str(low), "MaxValue": f"{high}{half if high >= 0 else ''}"}
        values = [str(low)]
    else:
        bounds = {}
    if bounds and draw(st.sampled_from([True, True, True, False])):
        found["Range"] = {f"{kind}ParameterRangeSpecification": bounds}
        found["IsTunable"] = draw(st.booleans())
    if draw(st.booleans()):
        found["IsRequired"] = draw(st.booleans())
    if draw(st.booleans()):
        found["DefaultValue"] = draw(st.sampled_from(values))
    if draw(st.booleans()):
        found["Description"] = draw(st.sampled_from(["one", "two"]))
    return found


@st.composite
def _channel(draw: DrawFn, name: str) -> dict[str, Json]:
    found: dict[str, Json] = {
        "Name": name,
        "SupportedContentTypes": draw(_subsets(_TYPES)),
        "SupportedInputModes": draw(_subsets(["File", "Pipe"], least=1)),
    }
    if draw(st.booleans()):
        found["SupportedCompressionTypes"] = draw(_subsets(["None", "Gzip"]))
    if draw(st.booleans()):
        found["IsRequired"] = draw(st.booleans())
    return found


@st.composite
def _training(draw: DrawFn) -> dict[str, Json]:
    found: dict[str, Json] = {
        "TrainingImage": draw(st.sampled_from(["image:1", "image:2"])),
        "SupportedTrainingInstanceTypes": draw(_subsets(_INSTANCES, least=1)),
        "TrainingChannels": [draw(_channel(name)) for name in draw(_subsets(["x", "y", "z"], least=1))],
    }
    if draw(st.booleans()):
        names = draw(_subsets(["p", "q", "r"]))
        found["SupportedHyperParameters"] = [draw(_hyperparameter(name)) for name in names]
    if draw(st.booleans()):
        found["SupportsDistributedTraining"] = draw(st.booleans())
    metrics = draw(_subsets(["loss", "auc"], least=1))
    found["MetricDefinitions"] = [{"Name": name, "Regex": draw(st.sampled_from(["(a)", "(b)"]))} for name in metrics]
    found["SupportedTuningJobObjectiveMetrics"] = [
        {"Type": draw(st.sampled_from(["Maximize", "Minimize"])), "MetricName": name}
        for name in draw(_subsets(metrics, least=1))
    ]
    return found


@st.composite
def _inference(draw: DrawFn) -> dict[str, Json]:
    found: dict[str, Json] = {"Containers": [{"Image": draw(st.sampled_from(["serve:1", "serve:2"]))}]}
    found["SupportedTransformInstanceTypes"] = draw(_subsets(_INSTANCES, least=1))
    for member, values in (
        ("SupportedRealtimeInferenceInstanceTypes", _INSTANCES),
        ("SupportedContentTypes", _TYPES),
        ("SupportedResponseMIMETypes", _TYPES),
    ):
        if draw(st.booleans()):
            found[member] = draw(_subsets(values))
    return found


@st.composite
def definitions(draw: DrawFn) -> dict[str, Json]:
    """A definition that the rules of synth let pass."""
    found: dict[str, Json] = {"TrainingSpecification": draw(_training())}
    if draw(st.booleans()):
        found["InferenceSpecification"] = draw(_inference())
    if draw(st.booleans()):
        found["AlgorithmDescription"] = draw(st.sampled_from(["one", "two"]))
    return found


@st.composite
def _distant(draw: DrawFn) -> tuple[dict[str, Json], dict[str, Json]]:
    """Two definitions, the second with a few members of another one."""
    before, other = draw(definitions()), draw(definitions())
    after = copy.deepcopy(before)
    places = [(other, after)]
    if draw(st.booleans()):
        places = [
            (other[member], after[member])
            for member in ("TrainingSpecification", "InferenceSpecification")
            if member in other and member in after
        ]
    for source, target in places:
        for member in draw(st.lists(st.sampled_from(sorted({*source, *target})), min_size=1, max_size=2, unique=True)):
            if member in source:
                target[member] = source[member]
            else:
                del target[member]
    return before, after


@st.composite
def _close(draw: DrawFn) -> tuple[dict[str, Json], dict[str, Json]]:
    """Two definitions that differ in one hyperparameter, or in one channel."""
    before: dict[str, Json] = {
        "TrainingSpecification": {
            "TrainingImage": "image:1",
            "SupportedTrainingInstanceTypes": ["ml.m5.large"],
            "SupportedHyperParameters": [draw(_hyperparameter("p"))],
            "TrainingChannels": [draw(_channel("x"))],
            "MetricDefinitions": [{"Name": "loss", "Regex": "(a)"}],
            "SupportedTuningJobObjectiveMetrics": [{"Type": "Minimize", "MetricName": "loss"}],
        }
    }
    after = copy.deepcopy(before)
    if draw(st.booleans()):
        after["TrainingSpecification"]["SupportedHyperParameters"] = [draw(_hyperparameter("p"))]
    else:
        after["TrainingSpecification"]["TrainingChannels"] = [draw(_channel("x"))]
    return before, after


def pairs() -> SearchStrategy[tuple[dict[str, Json], dict[str, Json]]]:
    """Two definitions, the second a change of the first."""
    return _close() | _distant()
