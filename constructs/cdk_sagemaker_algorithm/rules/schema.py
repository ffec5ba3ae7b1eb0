"""Check each field against the API model: presence, type, length, size, pattern, enum.

The model is compiled once into one closure per shape. A closure returns None for a valid value, so that a valid
definition costs no paths and no lists.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from cdk_sagemaker_algorithm.model.java_patterns import admits_anything_printable, matcher
from cdk_sagemaker_algorithm.model.paths import MapKey
from cdk_sagemaker_algorithm.model.shapes import (
    RESPONSE_ONLY_MEMBERS,
    Shape,
    input_shape,
    installed_input_shape,
)
from cdk_sagemaker_algorithm.model.tokens import LIST_TOKEN, STRING_TOKEN, is_unresolved
from cdk_sagemaker_algorithm.rules.rule_finding import describe_type, nearest
from cdk_sagemaker_algorithm.rules.schema_rules import (
    ENUM_VALUE,
    INSTANCE_TYPE_FORM,
    INSTANCE_TYPE_UNKNOWN,
    ITEM_COUNT,
    NULL_VALUE,
    NUMBER_RANGE,
    REQUIRED_MEMBER,
    STRING_LENGTH,
    STRING_PATTERN,
    UNKNOWN_MEMBER,
    WRONG_TYPE,
)
from cdk_sagemaker_algorithm.rules.violation import Masks, Violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_sagemaker_algorithm.model.paths import Path

_INSTANCE_TYPE_FORM = re.compile(r"ml\.[a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9-]*")
_NAME_IN_WORDS = "letters, digits and hyphens, starting and ending with a letter or digit"
_TEXT_IN_WORDS = "letters, marks, numbers, punctuation, symbols and spaces, no line breaks or control characters"
_IN_WORDS = {
    "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}": _NAME_IN_WORDS,
    "[a-zA-Z0-9](-*[a-zA-Z0-9])*": _NAME_IN_WORDS,
    r"[A-Za-z0-9\.\-_]+": "letters, digits, dots, hyphens and underscores",
    "[a-zA-Z_][a-zA-Z0-9_]*": "letters, digits and underscores, not starting with a digit",
    "[a-zA-Z_][a-zA-Z0-9_]{0,1023}": "letters, digits and underscores, not starting with a digit",
    r"[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]*": _TEXT_IN_WORDS,
    r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)": "letters, numbers, spaces and _ . : / = + - @",
    ".*": "one line of text",
    ".+": "one line of text",
    r"[\S]+": "text without spaces, not empty",
    "(https|s3)://([^/]+)/?(.*)": "a URI such as s3://bucket/key",
    r"[-\w]+\/.+": "a MIME type such as text/csv",
    "(fs-[0-9a-f]{8,})": "fs- and 8 or more hexadecimal digits in lower case",
    "[a-zA-Z0-9:/_-]*": "letters, digits and : / _ -",
    "[Ss][Hh][Aa]256:[0-9a-fA-F]{64}": "sha256: and 64 hexadecimal digits",
    r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+": (
        "the ARN of an IAM role, such as arn:aws:iam::123456789012:role/Name, or in a stack a role, such as "
        "iam.Role.from_role_name(…)"
    ),
}
_UNITS = {
    "InSeconds": "use seconds, or in a stack a Duration or a timedelta",
    "InGB": "use GiB, or in a stack a Size",
}
_UNQUOTED = re.compile(r"[0-9]+|true|false", re.IGNORECASE)
_INTEGER_LIMITS = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}

Violations: TypeAlias = list[Violation] | None
Walker: TypeAlias = "Callable[[Any], Violations]"


# SageMaker can extend these at any time, so a newer botocore overrules the model of this library.
_CHANGEABLE = frozenset(
    {
        REQUIRED_MEMBER,
        UNKNOWN_MEMBER,
        STRING_LENGTH,
        STRING_PATTERN,
        NUMBER_RANGE,
        ITEM_COUNT,
        ENUM_VALUE,
        INSTANCE_TYPE_FORM,
        INSTANCE_TYPE_UNKNOWN,
    }
)


def violations_of(request: object, *, name_required: bool) -> list[Violation]:
    """Return the violations of the API model, both of this library's model and of an installed botocore's.

    Args:
        request: A CreateAlgorithm request.
        name_required: Whether AlgorithmName must be set, as in a request; a construct generates it.
    """
    violations = _request_walker(input_shape(), name_required=name_required)(request) or []
    if not any(violation.rule in _CHANGEABLE for violation in violations):
        return violations
    newer = installed_input_shape()
    if newer is None:
        return violations
    others = _request_walker(newer, name_required=name_required)(request) or []
    confirmed = {(violation.rule, violation.path) for violation in others}
    passed = [
        violation.path
        for violation in violations
        if violation.rule in _CHANGEABLE and (violation.rule, violation.path) not in confirmed
    ]
    below = [
        violation
        for violation in others
        if violation.rule is not None and any(_is_below(violation.path, path) for path in passed)
    ]
    return [violation for violation in violations if violation.path not in passed] + below


def _is_below(path: Path, above: Path) -> bool:
    return len(path) > len(above) and path[: len(above)] == above


@cache
def _request_walker(whole: Shape, *, name_required: bool) -> Walker:
    return _structure(whole, whole.required if name_required else whole.required - {"AlgorithmName"})


@cache
def _walker(shape: Shape) -> Walker:
    if shape.type == "structure":
        return _structure(shape, shape.required)
    compiler = _COMPILERS.get(shape.type)
    return _accept_anything if compiler is None else compiler(shape)


def _accept_anything(_: Any) -> Violations:
    """Accept a value of a type that only a newer API model has."""
    return None


def _structure(shape: Shape, required: frozenset[str]) -> Walker:
    members = {name: _walker(member) for name, member in shape.members.items()}
    order = [name for name in members if name in required]

    def walk(value: Any) -> Violations:
        if value.__class__ is not dict:
            return _other(value, dict, "an object", walk)
        found: list[Violation] = []
        for name, item in value.items():
            below = members.get(name)
            if below is None:
                if is_unresolved(value):
                    return [Violation(None)]
                found += _unknown_member(shape, name)
            elif violations := below(item):
                for violation in violations:
                    violation.steps.append(name)
                found += violations
        if any(map(_is_foreign, found)) and (other := _structure_with(shape, value)):
            return [Violation(UNKNOWN_MEMBER, expected=f"expected the fields of {shape.name}, got those of {other}")]
        if not value.keys() >= required:
            # A misspelled field is not also reported as missing.
            misspelt = {violation.instead for violation in found if len(violation.steps) == 1}
            found += [
                Violation(REQUIRED_MEMBER, "is required but missing", step=name)
                for name in order
                if name not in value and name not in misspelt
            ]
        return found

    return walk


def _is_foreign(violation: Violation) -> bool:
    """Return whether a violation is an unknown field of the structure itself, and no misspelling."""
    own = len(violation.steps) == 1 and not violation.expected
    return own and violation.rule is UNKNOWN_MEMBER and violation.instead is None


def _structure_with(shape: Shape, value: dict[object, Any]) -> str | None:
    """Return the name of the structure that a value was written for, instead of for this one."""
    fitting = [
        other
        for other in _structures(shape.service.input_shape)
        if value.keys() <= other.members.keys() and value.keys() >= other.required
    ]
    return min(fitting, key=lambda other: len(other.members)).name if fitting else None


@cache
def _structures(shape: Shape) -> frozenset[Shape]:
    """Return the structures in a shape."""
    below = [*shape.members.values(), *filter(None, (shape.member, shape.value))]
    own = {shape} if shape.type == "structure" else set[Shape]()
    return frozenset(own.union(*map(_structures, below)))


def _unknown_member(shape: Shape, name: object) -> list[Violation]:
    if not isinstance(name, str):
        problem = f"is {describe_type(name)}, and names are strings"
        return [Violation(UNKNOWN_MEMBER, problem, step=str(name), masks=Masks.NOTHING)]
    if is_unresolved(name):
        return []
    if name in RESPONSE_ONLY_MEMBERS.get(shape.name, ()):
        problem = f"is a field of responses only; remove it from {shape.name}"
        return [Violation(UNKNOWN_MEMBER, problem, step=name, masks=Masks.NOTHING)]
    close = nearest(name, shape.members)
    advice = f"did you mean {close}?" if close else "for a field that AWS has added lately, install a newer botocore"
    problem = f"is not a field of {shape.name}; {advice}"
    allowed = "" if close else ", ".join(shape.members)
    # The misspelled field probably is the suggested one, which is then not missing.
    masks = Masks.NOTHING if close is None else Masks.AROUND
    return [Violation(UNKNOWN_MEMBER, problem, allowed=allowed, step=name, instead=close, masks=masks)]


def _list(shape: Shape) -> Walker:
    assert shape.member is not None  # noqa: S101 - the model's lists have members
    below = _walker(shape.member)
    least, most = shape.min or 0, shape.max

    def walk(value: Any) -> Violations:
        if value.__class__ is not list:
            return _other(value, list, "a list", walk)
        found: list[Violation] = []
        for index, item in enumerate(value):
            if violations := below(item):
                if isinstance(item, str) and LIST_TOKEN in item:
                    return [Violation(None)]
                for violation in violations:
                    violation.steps.append(index)
                found += violations
        count = len(value)
        if count < least or (most is not None and count > most):
            found.append(_count_violation(count, "item", least, most))
        return found

    return walk


def _map(shape: Shape) -> Walker:
    assert shape.key is not None  # noqa: S101 - the model's maps have keys
    assert shape.value is not None  # noqa: S101 - and values
    check_key, check_value = _walker(shape.key), _walker(shape.value)
    least, most = shape.min or 0, shape.max

    def walk(value: Any) -> Violations:
        if value.__class__ is not dict:
            return _other(value, dict, "an object", walk)
        if is_unresolved(value):
            return [Violation(None)]
        found: list[Violation] = []
        for key, item in value.items():
            of_key = check_key(key) or []
            for violation in of_key:
                violation.masks = Masks.AROUND
            violations = [*of_key, *(check_value(item) or ())]
            for violation in violations:
                violation.steps.append(MapKey(key))
            found += violations
        count = len(value)
        if count < least or (most is not None and count > most):
            found.append(_count_violation(count, "entry", least, most))
        return found

    return walk


def _string(shape: Shape) -> Walker:
    if shape.enum:
        return _enum(shape)
    least, most = shape.min or 0, shape.max if shape.max is not None else 2**31
    pattern = shape.pattern
    matches = None if pattern is None else matcher(pattern)
    in_words = _IN_WORDS.get(str(pattern)) or f"what matches {pattern}"
    printable_will_do = pattern is not None and admits_anything_printable(pattern)

    def walk(value: Any) -> Violations:
        if type(value) is not str:
            return _other(value, str, "a string", walk)
        if STRING_TOKEN in value or LIST_TOKEN in value:
            return [Violation(None)]
        # Smithy, the language of the API model, counts Unicode characters.
        if not least <= len(value) <= most:
            # A misplaced short text, such as a name instead of an ARN, violates the pattern and not the length.
            if 0 < len(value) < least and matches is not None and not matches(value):
                return [Violation(STRING_PATTERN, "does not match the service's pattern", value, allowed=in_words)]
            return [_length_violation(value, least, shape.max)]
        if matches is None or (printable_will_do and value.isprintable()) or matches(value):
            return None
        return [Violation(STRING_PATTERN, "does not match the service's pattern", value, allowed=in_words)]

    return walk


def _enum(shape: Shape) -> Walker:
    allowed = frozenset(shape.enum)
    is_instance_type = shape.name.endswith("InstanceType")

    def walk(value: Any) -> Violations:
        if type(value) is not str:
            return _other(value, str, "a string", walk)
        if value in allowed:
            return None
        if STRING_TOKEN in value or LIST_TOKEN in value:
            return [Violation(None)]
        if not is_instance_type:
            return [Violation(ENUM_VALUE, "is not one of the allowed values", value, candidates=shape.enum)]
        if _INSTANCE_TYPE_FORM.fullmatch(value):
            problem = "is not an instance type known to this version"
            known = shape.enum if nearest(value, shape.enum) else ()
            return [Violation(INSTANCE_TYPE_UNKNOWN, problem, value, candidates=known, masks=Masks.NOTHING)]
        return [Violation(INSTANCE_TYPE_FORM, "is not an instance type", value, candidates=shape.enum)]

    return walk


def _integer(shape: Shape) -> Walker:
    smallest, greatest = _INTEGER_LIMITS[shape.type]
    least = smallest if shape.min is None else shape.min
    most = greatest if shape.max is None else shape.max
    in_words = f"{least} or more" if shape.min is not None and shape.max is None else f"{least} to {most}"

    unit = next((unit for suffix, unit in _UNITS.items() if shape.name.endswith(suffix)), "")

    def walk(value: Any) -> Violations:
        if type(value) is not int:
            return _other(value, int, "an integer", walk, unit)
        if least <= value <= most:
            return None
        if is_unresolved(value):
            return [Violation(None)]
        limits = f"{least} to {most}" if value > greatest else in_words
        return [Violation(NUMBER_RANGE, "", value, expected=f"must be {limits}")]

    return walk


def _boolean(_: Shape) -> Walker:
    def walk(value: Any) -> Violations:
        return None if value is True or value is False else _other(value, bool, "true or false", walk)

    return walk


def _other(value: Any, expected: type, in_words: str, walk: Walker, remedy: str = "") -> Violations:
    """Check a value that is not exactly of the expected type: a token, a subclass, or a mistake."""
    if is_unresolved(value):
        return [Violation(None)]
    if value is None:
        problem = f"is not allowed; remove the field, or set {in_words}"
        return [Violation(NULL_VALUE, problem, value)]
    if isinstance(value, (list, tuple) if expected is list else expected) and not isinstance(value, bool):
        # A subclass, such as an enum's member or a named tuple, is checked as its base class.
        return walk(expected(value))
    if expected is list and isinstance(value, str | dict):
        remedy = "put it in brackets"
    elif expected is str and isinstance(value, int | float):
        remedy = "put it in quotes"
    elif expected in (int, bool) and isinstance(value, str) and _UNQUOTED.fullmatch(value):
        remedy = "remove the quotes"
    python = " (a dict in Python)" if expected is dict and isinstance(value, list | tuple) else ""
    requirement = f"expected {in_words}{python}"
    if isinstance(value, str | int | float):
        return [Violation(WRONG_TYPE, remedy, value, expected=requirement)]
    kind = describe_type(value)  # pyright: ignore[reportUnknownArgumentType]
    return [Violation(WRONG_TYPE, remedy, expected=f"{requirement}, got {kind}")]


def _count_violation(count: int, noun: str, least: int, most: int | None) -> Violation:
    things = noun if count == 1 else {"item": "items", "entry": "entries"}[noun]
    masks = Masks.VALUE if count < least else Masks.NOTHING
    return Violation(ITEM_COUNT, f"has {count} {things}", allowed=_limits(least, most), masks=masks)


def _length_violation(value: str, least: int, most: int | None) -> Violation:
    characters = "character" if len(value) == 1 else "characters"
    allowed = f"{_limits(least, most)} characters"
    return Violation(STRING_LENGTH, f"is {len(value)} {characters} long", value, allowed=allowed)


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
