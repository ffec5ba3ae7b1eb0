"""Rules of the hyperparameters that a definition declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.model.accepted_values import integer, is_integral, is_not_finite, number
from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules import sources
from cdk_sagemaker_algorithm.rules.finding import Level, is_secret_name
from cdk_sagemaker_algorithm.rules.request_view import RANGE_KINDS, HyperParameter, is_structure
from cdk_sagemaker_algorithm.rules.rule import Report, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.rules.request_view import Definition

ERROR, WARNING = Level.ERROR, Level.WARNING


@rule(
    "hyper-parameter-duplicate",
    ERROR,
    "no two hyperparameters have one name",
    fails=ex.hyper_parameters(ex.integer(), ex.integer()),
    passes=ex.hyper_parameters(ex.integer(), ex.integer(Name="max_leaf_nodes")),
)
def duplicate(definition: Definition) -> Iterator[Report]:
    """A name that an earlier hyperparameter has."""
    first: dict[str, int] = {}
    for each in definition.hyper_parameters:
        if isinstance(each.name, str) and first.setdefault(each.name, each.index) != each.index:
            problem = f"is also the name of hyperparameter {first[each.name]}"
            yield Report((*each.path, "Name"), problem, each.name)


@rule(
    "hyper-parameter-range-kind",
    ERROR,
    "the range is of the kind that the hyperparameter's type has",
    fails=ex.hyper_parameters(ex.integer(Range=ex.continuous_range("0.1", "0.9"))),
    passes=ex.hyper_parameters(ex.integer(Range=ex.integer_range("1", "9"))),
)
def range_kind(definition: Definition) -> Iterator[Report]:
    """A range of another type's kind."""
    for each in definition.hyper_parameters:
        expected = RANGE_KINDS.get(each.type)
        if expected is None or not is_structure(each.range) or each.range.keys() == {expected}:
            continue
        others = [kind for kind in RANGE_KINDS.values() if kind in each.range and kind != expected]
        if others:
            problem = f"has {' and '.join(others)}, but the type is {each.type}"
            yield Report((*each.path, "Range"), problem, allowed=expected)


@rule(
    "hyper-parameter-free-text-range",
    ERROR,
    "a FreeText hyperparameter has no range",
    fails=ex.hyper_parameters({"Name": "comment", "Type": "FreeText", "Range": ex.categories("a", "b")}),
    passes=ex.hyper_parameters({"Name": "comment", "Type": "Categorical", "Range": ex.categories("a", "b")}),
)
def free_text_range(definition: Definition) -> Iterator[Report]:
    """A range where any text may stand."""
    for each in definition.hyper_parameters:
        if each.type == "FreeText" and each.has_range:
            problem = "is given, but the type is FreeText; leave the range out, or choose the range's type"
            yield Report((*each.path, "Range"), problem)


@rule(
    "hyper-parameter-range-bound",
    ERROR,
    "a range's bounds are whole numbers for an Integer, and numbers for a Continuous",
    fails=ex.hyper_parameters(ex.integer(Range=ex.integer_range("0.5", "10"))),
    passes=ex.hyper_parameters(ex.integer(Range=ex.integer_range("1", "10"))),
)
def range_bound(definition: Definition) -> Iterator[Report]:
    """A bound that is not a number of the type."""
    for each in definition.hyper_parameters:
        if each.least is not None and each.greatest is not None:
            continue
        for bound, text in each.bounds:
            if (integer(text) if each.type == "Integer" else number(text)) is None and not _is_unbounded(each, text):
                wanted = "a whole number" if each.type == "Integer" else "a number"
                yield Report((*_range_path(each), bound), f"is not {wanted}", text, f"{wanted}, in quotes")


@rule(
    "hyper-parameter-range-finite",
    WARNING,
    "a range's bounds are finite",
    why="the service may not read such a number, and a tuning job cannot search up to it",
    fails=ex.hyper_parameters({"Name": "alpha", "Type": "Continuous", "Range": ex.continuous_range("0", "inf")}),
    passes=ex.hyper_parameters({"Name": "alpha", "Type": "Continuous", "Range": ex.continuous_range("0", "1e6")}),
)
def range_finite(definition: Definition) -> Iterator[Report]:
    """A bound such as inf or nan."""
    for each in definition.hyper_parameters:
        if each.type != "Continuous":
            continue
        for bound, text in each.bounds:
            if is_not_finite(text):
                yield Report((*_range_path(each), bound), "is not a finite number", text)


@rule(
    "hyper-parameter-range-order",
    ERROR,
    "a range's minimum is not above its maximum",
    fails=ex.hyper_parameters(ex.integer(Range=ex.integer_range("10", "1"))),
    passes=ex.hyper_parameters(ex.integer(Range=ex.integer_range("1", "10"))),
)
def range_order(definition: Definition) -> Iterator[Report]:
    """A range that nothing lies in."""
    for each in definition.hyper_parameters:
        if each.is_empty:
            (_, least), (_, greatest) = each.bounds
            problem = "is above the maximum"
            yield Report((*_range_path(each), "MinValue"), problem, least, f"at most {greatest}")


@rule(
    "hyper-parameter-default-range",
    ERROR,
    "a default lies in the hyperparameter's range",
    why="every training job that leaves the hyperparameter out would be refused",
    fails=ex.hyper_parameters(ex.integer(DefaultValue="100")),
    passes=ex.hyper_parameters(ex.integer(DefaultValue="10")),
)
def default_range(definition: Definition) -> Iterator[Report]:
    """A number outside, or a text where a range of numbers is given."""
    for each in definition.hyper_parameters:
        if not each.numeric or not isinstance(each.default, str) or not each.default:
            continue
        if not each.bounded or each.is_empty:
            continue
        if each.excludes(each.default) or not _is_number(each.default):
            problem = f"is not in the range of {_label(each)}"
            yield _default(each, problem, each.range_in_words)


@rule(
    "hyper-parameter-default-category",
    ERROR,
    "a Categorical's default is one of its values",
    why="every training job that leaves the hyperparameter out would be refused",
    fails=ex.hyper_parameters(
        {"Name": "booster", "Type": "Categorical", "Range": ex.categories("tree", "linear"), "DefaultValue": "Tree"}
    ),
    passes=ex.hyper_parameters(
        {"Name": "booster", "Type": "Categorical", "Range": ex.categories("tree", "linear"), "DefaultValue": "tree"}
    ),
)
def default_category(definition: Definition) -> Iterator[Report]:
    """A default that is not among the values."""
    for each in definition.hyper_parameters:
        if each.values is not None and isinstance(each.default, str) and each.default not in ("", *each.values):
            secret = is_secret_name(str(each.name))
            problem = f"is not among the values of {_label(each)}"
            path = (*each.path, "DefaultValue")
            yield Report(path, problem, each.default, candidates=each.values, secret=secret)


@rule(
    "hyper-parameter-default-integer",
    ERROR,
    "an Integer's default is a whole number",
    why="training jobs get it as it is written; downgrade the rule where the service has taken it",
    source=sources.api("HyperParameterSpecification"),
    fails=ex.hyper_parameters(ex.integer(DefaultValue="5.5")),
    passes=ex.hyper_parameters(ex.integer(DefaultValue="5")),
)
def default_integer(definition: Definition) -> Iterator[Report]:
    """A fraction or a text; one outside of the range is another rule's."""
    for each in definition.hyper_parameters:
        if each.type != "Integer" or not isinstance(each.default, str) or not each.default:
            continue
        if is_integral(each.default) or (each.bounded and not _is_number(each.default)):
            continue
        if not each.excludes(each.default):
            yield _default(each, "is not a whole number, but the type is Integer", "digits, in quotes")


@rule(
    "hyper-parameter-default-form",
    WARNING,
    "a default is written the way its type is",
    why="whether the service takes it is not known, and the SageMaker SDK cannot read it",
    fails=ex.hyper_parameters(ex.integer(DefaultValue="5.0")),
    passes=ex.hyper_parameters(ex.integer(DefaultValue="5")),
)
def default_form(definition: Definition) -> Iterator[Report]:
    """An empty default, an integer with a decimal point, or a text for a Continuous without a range."""
    for each in definition.hyper_parameters:
        if not isinstance(each.default, str):
            continue
        if not each.default:
            if each.numeric or (each.values is not None and "" not in each.values):
                yield _default(each, "is empty; leave it out where there is no default")
        elif each.type == "Integer" and integer(each.default) is None and is_integral(each.default):
            # A number outside of the range is an error already.
            if not each.excludes(each.default):
                yield _default(each, "is not written in digits, but the type is Integer")
        elif each.type == "Continuous" and not _is_number(each.default) and not each.bounded:
            yield _default(each, "is not a number, but the type is Continuous")


@rule(
    "hyper-parameter-tunable-range",
    ERROR,
    "a tunable hyperparameter has a range",
    why="a tuning job has nothing to search otherwise",
    fails=ex.hyper_parameters({"Name": "max_depth", "Type": "Integer", "IsTunable": True}),
    passes=ex.hyper_parameters(ex.integer(IsTunable=True)),
)
def tunable_range(definition: Definition) -> Iterator[Report]:
    """Tunable, and no range."""
    for each in definition.hyper_parameters:
        if each.spec.get("IsTunable") is True and each.has_range is False:
            if each.type == "FreeText":
                problem = f"cannot be given for {_label(each)}, but IsTunable is true; leave IsTunable out"
            else:
                problem = f"is missing, but IsTunable is true for {_label(each)}"
            yield Report((*each.path, "Range"), problem, allowed=RANGE_KINDS.get(each.type, ""))


@rule(
    "hyper-parameter-range-missing",
    WARNING,
    "a hyperparameter that is not FreeText has a range",
    why="nobody checks the values that its users give",
    fails=ex.hyper_parameters({"Name": "max_depth", "Type": "Integer", "IsTunable": False}),
    passes=ex.hyper_parameters(ex.integer(IsTunable=False)),
)
def range_missing(definition: Definition) -> Iterator[Report]:
    """Neither tunable nor FreeText, and no range."""
    for each in definition.hyper_parameters:
        if each.type in RANGE_KINDS and each.has_range is False and each.spec.get("IsTunable") in (None, False):
            yield Report((*each.path, "Range"), f"is missing for {_label(each)}", allowed=RANGE_KINDS[each.type])


def _is_unbounded(each: HyperParameter, text: str) -> bool:
    """Whether a bound is infinite, which has a rule of its own."""
    return each.type == "Continuous" and is_not_finite(text)


def _is_number(text: str) -> bool:
    return number(text) is not None or is_not_finite(text)


def _range_path(each: HyperParameter) -> tuple[str | int, ...]:
    return (*each.path, "Range", RANGE_KINDS[each.type])


def _default(each: HyperParameter, problem: str, allowed: str = "") -> Report:
    secret = is_secret_name(str(each.name))
    return Report((*each.path, "DefaultValue"), problem, each.default, allowed, secret=secret)


def _label(each: HyperParameter) -> str:
    return f"{each.type} {each.name}" if isinstance(each.name, str) else f"this {each.type}"
