"""What the service's model says of each member by itself: presence, types, lengths, counts, patterns, enums.

The model is compiled once into one closure for each shape. A closure answers None for a value that is in
order, so that a definition without mistakes costs no paths and no lists.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from cdk_sagemaker_algorithm.model.java_patterns import admits_anything_printable, matcher
from cdk_sagemaker_algorithm.model.paths import MapKey
from cdk_sagemaker_algorithm.model.shapes import RESPONSE_ONLY_MEMBERS, Shape, input_shape
from cdk_sagemaker_algorithm.model.tokens import LIST_TOKEN, STRING_TOKEN, is_unresolved
from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules.finding import Level, NoValue, describe_type, nearest
from cdk_sagemaker_algorithm.rules.rule import Report, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cdk_sagemaker_algorithm.model.paths import Path, Step

ERROR, WARNING = Level.ERROR, Level.WARNING

REQUIRED_MEMBER = Rule(
    name="required-member",
    level=ERROR,
    sentence="what the service requires is there",
    certain=True,
    fails=ex.channels({"Name": "train", "SupportedContentTypes": ["text/csv"]}),
    mended=ex.channels(ex.channel()),
)
UNKNOWN_MEMBER = Rule(
    name="unknown-member",
    level=ERROR,
    sentence="every member is one the service has at that place",
    certain=True,
    fails=ex.training(SupportDistributedTraining=True),
    mended=ex.training(SupportsDistributedTraining=True),
)
WRONG_TYPE = Rule(
    name="wrong-type",
    level=ERROR,
    sentence="every value is of the member's type",
    certain=True,
    fails=ex.training(SupportedTrainingInstanceTypes="ml.m5.large"),
    mended=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large"]),
)
NULL_VALUE = Rule(
    name="null-value",
    level=ERROR,
    sentence="no member and no item is null: what is not there is left out",
    certain=True,
    fails=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", None]),
    mended=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large"]),
)
STRING_LENGTH = Rule(
    name="string-length",
    level=ERROR,
    sentence="no string is shorter or longer than the service allows",
    certain=True,
    fails={"AlgorithmName": "a" * 64},
    mended={"AlgorithmName": "a" * 63},
)
STRING_PATTERN = Rule(
    name="string-pattern",
    level=ERROR,
    sentence="every string matches the service's pattern for it",
    certain=True,
    fails={"AlgorithmName": "decision_trees"},
    mended={"AlgorithmName": "decision-trees"},
)
NUMBER_RANGE = Rule(
    name="number-range",
    level=ERROR,
    sentence="no number is less or greater than the service allows",
    certain=True,
    fails=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 0})),
    mended=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600})),
)
ITEM_COUNT = Rule(
    name="item-count",
    level=ERROR,
    sentence="no list or map has fewer or more items than the service allows",
    certain=True,
    fails=ex.training(TrainingChannels=[]),
    mended=ex.training(TrainingChannels=[ex.channel()]),
)
ENUM_VALUE = Rule(
    name="enum-value",
    level=ERROR,
    sentence="where the service has a list of values, the value is one of them",
    fails=ex.training(
        SupportedTuningJobObjectiveMetrics=[{"Type": "maximize", "MetricName": "accuracy"}],
        MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
    ),
    mended=ex.training(
        SupportedTuningJobObjectiveMetrics=[{"Type": "Maximize", "MetricName": "accuracy"}],
        MetricDefinitions=[{"Name": "accuracy", "Regex": "accuracy=(.*?);"}],
    ),
)
INSTANCE_TYPE_FORM = Rule(
    name="instance-type-form",
    level=ERROR,
    sentence="an instance type has the form ml.family.size",
    fails=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "m5.xlarge"]),
    mended=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "ml.m5.xlarge"]),
)
INSTANCE_TYPE_UNKNOWN = Rule(
    name="instance-type-unknown",
    level=WARNING,
    sentence="an instance type is one that this version of the library knows",
    why="new ones appear faster than releases, so this may be one of those",
    fails=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "ml.m5.12large"]),
    mended=ex.training(SupportedTrainingInstanceTypes=["ml.m5.large", "ml.m5.12xlarge"]),
)

_INSTANCE_TYPE_FORM = re.compile(r"ml\.[a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9-]*")
_NAME_IN_WORDS = "letters, digits and hyphens, a letter or digit first and last"
_TEXT_IN_WORDS = "letters, marks, numbers, punctuation, symbols and spaces, no line breaks or control characters"
_IN_WORDS = {
    "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}": _NAME_IN_WORDS,
    "[a-zA-Z0-9](-*[a-zA-Z0-9])*": _NAME_IN_WORDS,
    r"[A-Za-z0-9\.\-_]+": "letters, digits, dots, hyphens and underscores",
    "[a-zA-Z_][a-zA-Z0-9_]*": "letters, digits and underscores, no digit first",
    "[a-zA-Z_][a-zA-Z0-9_]{0,1023}": "letters, digits and underscores, no digit first",
    r"[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]*": _TEXT_IN_WORDS,
    r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)": "letters, numbers, spaces and _ . : / = + - @",
    ".*": "one line of text",
    ".+": "one line of text",
    r"[\S]+": "text without spaces, not empty",
    "(https|s3)://([^/]+)/?(.*)": "an address such as s3://bucket/key",
    r"[-\w]+\/.+": "a MIME type such as text/csv",
    "(fs-[0-9a-f]{8,})": "fs- and 8 or more hexadecimal digits in lower case",
    "[a-zA-Z0-9:/_-]*": "letters, digits and : / _ -",
    "[Ss][Hh][Aa]256:[0-9a-fA-F]{64}": "sha256: and 64 hexadecimal digits",
    r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+": (
        "the ARN of an IAM role, such as arn:aws:iam::123456789012:role/Name"
    ),
}
_INTEGER_LIMITS = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}


class Spoils(Enum):
    """What a trouble leaves nothing more to say of."""

    NOTHING = "nothing"
    VALUE = "value"
    AROUND = "around"


class Trouble:
    """A rule broken somewhere below; its path grows from the inside out."""

    __slots__ = ("allowed", "candidates", "instead", "problem", "rule", "spoils", "steps", "value")

    def __init__(  # noqa: PLR0913 - the parts of a report
        self,
        rule: Rule | None,
        problem: str = "",
        value: object = NoValue.MISSING,
        *,
        allowed: str = "",
        candidates: Iterable[str] = (),
        step: Step | None = None,
        instead: str | None = None,
        spoils: Spoils = Spoils.VALUE,
    ) -> None:
        """Note what is wrong; no rule means that only deployment knows the value.

        Args:
            rule: The rule that is broken.
            problem: What is wrong.
            value: What stands there.
            allowed: What may stand there, in words.
            candidates: What may stand there, as values.
            step: The innermost step of the path.
            instead: The member that an unknown one was probably meant to be.
            spoils: What nothing more can be said of.
        """
        self.rule = rule
        self.problem = problem
        self.value = value
        self.allowed = allowed
        self.candidates = candidates
        self.instead = instead
        self.spoils = spoils
        self.steps: list[Step] = [] if step is None else [step]

    @property
    def path(self) -> Path:
        """Where it is, from the outside in."""
        return tuple(reversed(self.steps))

    @property
    def spoilt(self) -> Path | None:
        """The place that other rules must pass over; None when they can go on."""
        if self.spoils is Spoils.NOTHING:
            return None
        if self.spoils is Spoils.VALUE:
            return self.path
        around = self.path[:-1]
        return around if self.instead is None else (*around, self.instead)

    def report(self) -> Report:
        """What the findings say of it."""
        return Report(self.path, self.problem, self.value, self.allowed, self.candidates)


Troubles: TypeAlias = list[Trouble] | None
Walker: TypeAlias = "Callable[[Any], Troubles]"


@cache
def request_walker(*, name_required: bool) -> Walker:
    """The function that checks a whole request.

    Args:
        name_required: Whether AlgorithmName must be there, as in a request; a construct can generate it.
    """
    whole = input_shape()
    return _structure(whole, whole.required if name_required else whole.required - {"AlgorithmName"})


@cache
def _walker(shape: Shape) -> Walker:
    if shape.type == "structure":
        return _structure(shape, shape.required)
    return _COMPILERS[shape.type](shape)


def _structure(shape: Shape, required: frozenset[str]) -> Walker:
    members = {name: _walker(member) for name, member in shape.members.items()}
    order = [name for name in members if name in required]

    def walk(value: Any) -> Troubles:
        if value.__class__ is not dict:
            return _other(value, dict, "an object", walk)
        found: list[Trouble] = []
        for name, item in value.items():
            below = members.get(name)
            if below is None:
                if is_unresolved(value):
                    return [Trouble(None)]
                found += _unknown_member(shape, name)
            elif troubles := below(item):
                for trouble in troubles:
                    trouble.steps.append(name)
                found += troubles
        if not value.keys() >= required:
            # A misspelt member is not reported a second time as missing.
            misspelt = {trouble.instead for trouble in found if len(trouble.steps) == 1}
            found += [
                Trouble(REQUIRED_MEMBER, "is required, and missing", step=name)
                for name in order
                if name not in value and name not in misspelt
            ]
        return found

    return walk


def _unknown_member(shape: Shape, name: object) -> list[Trouble]:
    if not isinstance(name, str):
        problem = f"is {describe_type(name)}, and names are strings"
        return [Trouble(UNKNOWN_MEMBER, problem, step=str(name), spoils=Spoils.NOTHING)]
    if is_unresolved(name):
        return []
    if name in RESPONSE_ONLY_MEMBERS.get(shape.name, ()):
        problem = f"is a member of the service's answers only; leave it out of {shape.name}"
        return [Trouble(UNKNOWN_MEMBER, problem, step=name, spoils=Spoils.NOTHING)]
    close = nearest(name, shape.members)
    problem = f"is not a member of {shape.name}" + ("" if close is None else f"; did you mean {close}?")
    allowed = "" if close else ", ".join(shape.members)
    # A misspelt member may stand for the right one, which is then not missing.
    spoils = Spoils.NOTHING if close is None else Spoils.AROUND
    return [Trouble(UNKNOWN_MEMBER, problem, allowed=allowed, step=name, instead=close, spoils=spoils)]


def _list(shape: Shape) -> Walker:
    assert shape.member is not None  # noqa: S101 - the model's lists have members
    below = _walker(shape.member)
    least, most = shape.min or 0, shape.max

    def walk(value: Any) -> Troubles:
        if value.__class__ is not list:
            return _other(value, list, "a list", walk)
        found: list[Trouble] = []
        for index, item in enumerate(value):
            if troubles := below(item):
                if isinstance(item, str) and LIST_TOKEN in item:
                    return [Trouble(None)]
                for trouble in troubles:
                    trouble.steps.append(index)
                found += troubles
        count = len(value)
        if count < least or (most is not None and count > most):
            found.append(_count_trouble(count, "item", least, most))
        return found

    return walk


def _map(shape: Shape) -> Walker:
    assert shape.key is not None  # noqa: S101 - the model's maps have keys
    assert shape.value is not None  # noqa: S101 - and values
    check_key, check_value = _walker(shape.key), _walker(shape.value)
    least, most = shape.min or 0, shape.max

    def walk(value: Any) -> Troubles:
        if value.__class__ is not dict:
            return _other(value, dict, "an object", walk)
        if is_unresolved(value):
            return [Trouble(None)]
        found: list[Trouble] = []
        for key, item in value.items():
            of_key = check_key(key) or []
            for trouble in of_key:
                trouble.spoils = Spoils.AROUND
            troubles = [*of_key, *(check_value(item) or ())]
            for trouble in troubles:
                trouble.steps.append(MapKey(key))
            found += troubles
        count = len(value)
        if count < least or (most is not None and count > most):
            found.append(_count_trouble(count, "entry", least, most))
        return found

    return walk


def _string(shape: Shape) -> Walker:
    if shape.enum:
        return _enum(shape)
    least, most = shape.min or 0, shape.max if shape.max is not None else 2**31
    pattern = shape.pattern
    matches = None if pattern is None else matcher(pattern)
    printable_will_do = pattern is not None and admits_anything_printable(pattern)

    def walk(value: Any) -> Troubles:
        if type(value) is not str:
            return _other(value, str, "a string", walk)
        if STRING_TOKEN in value or LIST_TOKEN in value:
            return [Trouble(None)]
        # Unicode characters are counted, as Smithy, which the service's model is written in, defines it.
        if not least <= len(value) <= most:
            return [_length_trouble(value, least, shape.max)]
        if matches is None or (printable_will_do and value.isprintable()) or matches(value):
            return None
        allowed = _IN_WORDS.get(str(pattern)) or f"what matches {pattern}"
        return [Trouble(STRING_PATTERN, "does not match the service's pattern", value, allowed=allowed)]

    return walk


def _enum(shape: Shape) -> Walker:
    allowed = frozenset(shape.enum)
    is_instance_type = shape.name.endswith("InstanceType")

    def walk(value: Any) -> Troubles:
        if type(value) is not str:
            return _other(value, str, "a string", walk)
        if value in allowed:
            return None
        if STRING_TOKEN in value or LIST_TOKEN in value:
            return [Trouble(None)]
        if not is_instance_type:
            return [Trouble(ENUM_VALUE, "is not one of the allowed values", value, candidates=shape.enum)]
        if _INSTANCE_TYPE_FORM.fullmatch(value):
            problem = "is not an instance type that this version knows"
            known = shape.enum
            return [Trouble(INSTANCE_TYPE_UNKNOWN, problem, value, candidates=known, spoils=Spoils.NOTHING)]
        return [Trouble(INSTANCE_TYPE_FORM, "is not an instance type", value, candidates=shape.enum)]

    return walk


def _integer(shape: Shape) -> Walker:
    smallest, greatest = _INTEGER_LIMITS[shape.type]
    least = smallest if shape.min is None else shape.min
    most = greatest if shape.max is None else shape.max
    in_words = f"{least} or more" if shape.min is not None and shape.max is None else f"{least} to {most}"

    def walk(value: Any) -> Troubles:
        if type(value) is not int:
            return _other(value, int, "an integer", walk)
        if least <= value <= most:
            return None
        if is_unresolved(value):
            return [Trouble(None)]
        if value > greatest:
            problem = "does not fit into the service's integers"
            return [Trouble(NUMBER_RANGE, problem, value, allowed=f"{least} to {most}")]
        problem = "is too small" if value < least else "is too great"
        return [Trouble(NUMBER_RANGE, problem, value, allowed=in_words)]

    return walk


def _boolean(_: Shape) -> Walker:
    def walk(value: Any) -> Troubles:
        return None if value is True or value is False else _other(value, bool, "true or false", walk)

    return walk


def _other(value: Any, expected: type, in_words: str, walk: Walker) -> Troubles:
    """Judge a value that is not exactly of the expected type: a token, a subclass, or a mistake."""
    if is_unresolved(value):
        return [Trouble(None)]
    if value is None:
        problem = f"is not a value; leave it out, or give {in_words}"
        return [Trouble(NULL_VALUE, problem, value)]
    if isinstance(value, (list, tuple) if expected is list else expected) and not isinstance(value, bool):
        # A subclass, such as an enum's member or a named tuple, is judged as what it is based on.
        return walk(expected(value))
    problem = f"is {describe_type(value)}, not {in_words}"
    if expected is list and isinstance(value, str):
        problem += "; put it in brackets"
    if expected is str and isinstance(value, int | float):
        problem += "; put it in quotes"
    scalar = isinstance(value, str | int | float)
    return [Trouble(WRONG_TYPE, problem, value if scalar else NoValue.MISSING)]


def _count_trouble(count: int, noun: str, least: int, most: int | None) -> Trouble:
    things = noun if count == 1 else {"item": "items", "entry": "entries"}[noun]
    spoils = Spoils.VALUE if count < least else Spoils.NOTHING
    return Trouble(ITEM_COUNT, f"has {count} {things}", allowed=_limits(least, most), spoils=spoils)


def _length_trouble(value: str, least: int, most: int | None) -> Trouble:
    characters = "character" if len(value) == 1 else "characters"
    allowed = f"{_limits(least, most)} characters"
    return Trouble(STRING_LENGTH, f"is {len(value)} {characters} long", value, allowed=allowed)


def _limits(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more"
    if least == 0:
        return f"at most {most}"
    return str(least) if least == most else f"{least} to {most}"


_COMPILERS: dict[str, Callable[[Shape], Walker]] = {
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _integer,
    "long": _integer,
    "boolean": _boolean,
}
