"""Rules for hyperparameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.model.accepted_values import integer, is_integral, is_not_finite, number
from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules import sources
from cdk_sagemaker_algorithm.rules.request_view import RANGE_KINDS, HyperParameter, is_structure
from cdk_sagemaker_algorithm.rules.rule import Problem, rule
from cdk_sagemaker_algorithm.rules.rule_finding import RuleLevel, is_secret_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.rules.request_view import Definition

ERROR, WARNING = RuleLevel.ERROR, RuleLevel.WARNING


@rule(
    "hyper-parameter-duplicate",
    ERROR,
    "hyperparameter names must be unique",
    fails=ex.hyper_parameters(ex.integer(), ex.integer()),
    passes=ex.hyper_parameters(ex.integer(), ex.integer(Name="max_leaf_nodes")),
)
def duplicate(definition: Definition) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for parameter in definition.hyper_parameters:
        if isinstance(parameter.name, str) and first.setdefault(parameter.name, parameter.index) != parameter.index:
            problem = f"is also the name of hyperparameter [{first[parameter.name]}]"
            yield Problem((*parameter.path, "Name"), problem, parameter.name)


@rule(
    "hyper-parameter-range-kind",
    ERROR,
    "a hyperparameter's range must match its type",
    fails=ex.hyper_parameters(ex.integer(Range=ex.continuous_range("0.1", "0.9"))),
    passes=ex.hyper_parameters(ex.integer(Range=ex.integer_range("1", "9"))),
)
def range_kind(definition: Definition) -> Iterator[Problem]:
    for parameter in definition.hyper_parameters:
        expected = RANGE_KINDS.get(parameter.type)
        if expected is None or not is_structure(parameter.range) or parameter.range.keys() == {expected}:
            continue
        others = [kind for kind in RANGE_KINDS.values() if kind in parameter.range and kind != expected]
        if others:
            problem = f"has {' and '.join(others)}, but the type is {parameter.type}"
            yield Problem((*parameter.path, "Range"), problem, allowed=expected)


@rule(
    "hyper-parameter-free-text-range",
    ERROR,
    "a FreeText hyperparameter must not have a range",
    fails=ex.hyper_parameters({"Name": "comment", "Type": "FreeText", "Range": ex.categories("a", "b")}),
    passes=ex.hyper_parameters({"Name": "comment", "Type": "Categorical", "Range": ex.categories("a", "b")}),
)
def free_text_range(definition: Definition) -> Iterator[Problem]:
    for parameter in definition.hyper_parameters:
        if parameter.type == "FreeText" and parameter.has_range:
            problem = "is not allowed for FreeText; remove the range, or set the type that matches the range"
            yield Problem((*parameter.path, "Range"), problem)


@rule(
    "hyper-parameter-range-bound",
    ERROR,
    "range bounds must be integers (Integer) or numbers (Continuous)",
    fails=ex.hyper_parameters(ex.integer(Range=ex.integer_range("0.5", "10"))),
    passes=ex.hyper_parameters(ex.integer(Range=ex.integer_range("1", "10"))),
)
def range_bound(definition: Definition) -> Iterator[Problem]:
    for parameter in definition.hyper_parameters:
        if parameter.least is not None and parameter.greatest is not None:
            continue
        for bound, text in parameter.bounds:
            if (integer(text) if parameter.type == "Integer" else number(text)) is None and not _is_unbounded(
                parameter, text
            ):
                expected = "an integer" if parameter.type == "Integer" else "a number"
                yield Problem((*_range_path(parameter), bound), f"is not {expected}", text, f"{expected}, in quotes")


@rule(
    "hyper-parameter-range-finite",
    WARNING,
    "range bounds should be finite",
    why="SageMaker may reject the number, and tuning jobs cannot search an infinite range",
    fails=ex.hyper_parameters({"Name": "alpha", "Type": "Continuous", "Range": ex.continuous_range("0", "inf")}),
    passes=ex.hyper_parameters({"Name": "alpha", "Type": "Continuous", "Range": ex.continuous_range("0", "1e6")}),
)
def range_finite(definition: Definition) -> Iterator[Problem]:
    for parameter in definition.hyper_parameters:
        if parameter.type != "Continuous":
            continue
        for bound, text in parameter.bounds:
            if is_not_finite(text):
                yield Problem((*_range_path(parameter), bound), "is not a finite number", text)


@rule(
    "hyper-parameter-range-order",
    ERROR,
    "the minimum of a range must not exceed its maximum",
    fails=ex.hyper_parameters(ex.integer(Range=ex.integer_range("10", "1"))),
    passes=ex.hyper_parameters(ex.integer(Range=ex.integer_range("1", "10"))),
)
def range_order(definition: Definition) -> Iterator[Problem]:
    for parameter in definition.hyper_parameters:
        if parameter.is_empty:
            (_, least), (_, greatest) = parameter.bounds
            problem = "is above the maximum"
            yield Problem((*_range_path(parameter), "MinValue"), problem, least, f"at most {greatest}")


@rule(
    "hyper-parameter-default-range",
    ERROR,
    "a default must be within the hyperparameter's range",
    why="SageMaker would reject training jobs that omit the hyperparameter",
    fails=ex.hyper_parameters(ex.integer(DefaultValue="100")),
    passes=ex.hyper_parameters(ex.integer(DefaultValue="10")),
)
def default_range(definition: Definition) -> Iterator[Problem]:
    for parameter in definition.hyper_parameters:
        if not parameter.numeric or not isinstance(parameter.default, str) or not parameter.default:
            continue
        if not parameter.bounded or parameter.is_empty:
            continue
        if parameter.excludes(parameter.default) or not _is_number(parameter.default):
            problem = f"is outside the range of {_label(parameter)}"
            yield _default(parameter, problem, parameter.range_in_words)


@rule(
    "hyper-parameter-default-category",
    ERROR,
    "the default of a Categorical must be one of its values",
    why="SageMaker would reject training jobs that omit the hyperparameter",
    fails=ex.hyper_parameters(
        {"Name": "booster", "Type": "Categorical", "Range": ex.categories("tree", "linear"), "DefaultValue": "Tree"}
    ),
    passes=ex.hyper_parameters(
        {"Name": "booster", "Type": "Categorical", "Range": ex.categories("tree", "linear"), "DefaultValue": "tree"}
    ),
)
def default_category(definition: Definition) -> Iterator[Problem]:
    for parameter in definition.hyper_parameters:
        if (
            parameter.values is not None
            and isinstance(parameter.default, str)
            and parameter.default not in ("", *parameter.values)
        ):
            secret = is_secret_name(str(parameter.name))
            problem = f"is not among the values of {_label(parameter)}"
            path = (*parameter.path, "DefaultValue")
            yield Problem(path, problem, parameter.default, candidates=parameter.values, secret=secret)


@rule(
    "hyper-parameter-default-integer",
    ERROR,
    "the default of an Integer must be an integer",
    why="training jobs receive it unchanged; downgrade the rule if SageMaker has accepted it",
    source=sources.api("HyperParameterSpecification"),
    fails=ex.hyper_parameters(ex.integer(DefaultValue="5.5")),
    passes=ex.hyper_parameters(ex.integer(DefaultValue="5")),
)
def default_integer(definition: Definition) -> Iterator[Problem]:
    """Check numbers that are not integers; `default_range` checks integers outside of the range."""
    for parameter in definition.hyper_parameters:
        if parameter.type != "Integer" or not isinstance(parameter.default, str) or not parameter.default:
            continue
        if is_integral(parameter.default) or (parameter.bounded and not _is_number(parameter.default)):
            continue
        if not parameter.excludes(parameter.default):
            yield _default(parameter, "is not an integer, but the type is Integer", "digits, in quotes")


@rule(
    "hyper-parameter-default-form",
    WARNING,
    "a default should be formatted like its type",
    why="AWS does not document whether SageMaker accepts it, and the SageMaker Python SDK cannot parse it",
    fails=ex.hyper_parameters(ex.integer(DefaultValue="5.0")),
    passes=ex.hyper_parameters(ex.integer(DefaultValue="5")),
)
def default_form(definition: Definition) -> Iterator[Problem]:
    for parameter in definition.hyper_parameters:
        if not isinstance(parameter.default, str):
            continue
        if not parameter.default:
            if parameter.numeric or (parameter.values is not None and "" not in parameter.values):
                yield _default(parameter, "is empty; remove the field if there is no default")
        elif parameter.type == "Integer" and integer(parameter.default) is None and is_integral(parameter.default):
            # default_range reports a number outside of the range.
            if not parameter.excludes(parameter.default):
                yield _default(parameter, "is not written in digits, but the type is Integer")
        elif parameter.type == "Continuous" and not _is_number(parameter.default) and not parameter.bounded:
            yield _default(parameter, "is not a number, but the type is Continuous")


@rule(
    "hyper-parameter-tunable-range",
    ERROR,
    "a tunable hyperparameter must have a range",
    why="tuning jobs need a range to search",
    fails=ex.hyper_parameters({"Name": "max_depth", "Type": "Integer", "IsTunable": True}),
    passes=ex.hyper_parameters(ex.integer(IsTunable=True)),
)
def tunable_range(definition: Definition) -> Iterator[Problem]:
    for parameter in definition.hyper_parameters:
        if parameter.spec.get("IsTunable") is True and parameter.has_range is False:
            if parameter.type == "FreeText":
                problem = f"is not allowed for {_label(parameter)}, but IsTunable is true; remove IsTunable"
            else:
                problem = f"is required because {_label(parameter)} is tunable"
            yield Problem((*parameter.path, "Range"), problem, allowed=RANGE_KINDS.get(parameter.type, ""))


@rule(
    "hyper-parameter-range-missing",
    WARNING,
    "hyperparameters other than FreeText should have a range",
    why="SageMaker does not check the values of training jobs without a range",
    fails=ex.hyper_parameters({"Name": "max_depth", "Type": "Integer", "IsTunable": False}),
    passes=ex.hyper_parameters(ex.integer(IsTunable=False)),
)
def range_missing(definition: Definition) -> Iterator[Problem]:
    for parameter in definition.hyper_parameters:
        if (
            parameter.type in RANGE_KINDS
            and parameter.has_range is False
            and parameter.spec.get("IsTunable") in (None, False)
        ):
            yield Problem(
                (*parameter.path, "Range"), f"is missing for {_label(parameter)}", allowed=RANGE_KINDS[parameter.type]
            )


def _is_unbounded(parameter: HyperParameter, text: str) -> bool:
    return parameter.type == "Continuous" and is_not_finite(text)


def _is_number(text: str) -> bool:
    return number(text) is not None or is_not_finite(text)


def _range_path(parameter: HyperParameter) -> tuple[str | int, ...]:
    return (*parameter.path, "Range", RANGE_KINDS[parameter.type])


def _default(parameter: HyperParameter, problem: str, allowed: str = "") -> Problem:
    secret = is_secret_name(str(parameter.name))
    return Problem((*parameter.path, "DefaultValue"), problem, parameter.default, allowed, secret=secret)


def _label(parameter: HyperParameter) -> str:
    return f"{parameter.type} {parameter.name}" if isinstance(parameter.name, str) else f"this {parameter.type}"
