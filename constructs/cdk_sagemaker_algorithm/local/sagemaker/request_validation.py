"""Validate requests against the API model, with SageMaker's error messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from botocore.model import ListShape, MapShape, StructureShape

from cdk_sagemaker_algorithm.local.sagemaker.errors import ServiceError, validation_error
from cdk_sagemaker_algorithm.model.java_patterns import matcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from botocore.model import Shape

# JSON types for each type of the API model, and SageMaker's name for the type in error messages.
_JSON_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "structure": ((dict,), "a structure"),
    "list": ((list,), "a list"),
    "map": ((dict,), "a map"),
    "string": ((str,), "String"),
    "integer": ((int,), "Integer"),
    "long": ((int,), "Long"),
    "boolean": ((bool,), "Boolean"),
    "float": ((int, float), "Float"),
    "double": ((int, float), "Double"),
    "timestamp": ((int, float), "Timestamp"),
}
_TOKENS = (
    (type(None), "NULL_VALUE"),
    (str, "STRING_VALUE"),
    (dict, "START_OBJECT"),
    (list, "START_ARRAY"),
)
_VALUED = ("integer", "long", "float", "double")
_CONTAINERS = ("structure", "list", "map")


def check_request(shape: StructureShape, request: dict[str, Any]) -> None:
    """Reject an invalid request with all violations of the API model, as SageMaker does.

    Args:
        shape: Input shape of the operation.
        request: Request as parsed JSON.

    Raises:
        ServiceError: SerializationException for a value of the wrong type, else ValidationException.
    """
    found = list(_violations(shape, request, ""))
    if found:
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
        raise validation_error(count + "; ".join(found))


def violation(value: object, path: str, constraint: str) -> str:
    """Format a violation with SageMaker's wording.

    Args:
        value: Invalid value.
        path: Path with the API's field names.
        constraint: Violated constraint.
    """
    where = ".".join(part[:1].lower() + part[1:] for part in path.split("."))
    shown = "null" if value is None else f"'{_java(value)}'"
    return f"Value {shown} at '{where}' failed to satisfy constraint: {constraint}"


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Yield the violations of a value and all values in it."""
    _check_type(shape, value)
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, path)
        return
    yield from (violation(value, path, constraint) for constraint in _constraints(shape, value))
    if isinstance(shape, ListShape):
        yield from _list(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _map(shape, value, path)


def _check_type(shape: Shape, value: object) -> None:
    """Reject a value of another JSON type."""
    accepted, name = _JSON_TYPES[shape.type_name]
    right = isinstance(value, accepted) and (bool in accepted or not isinstance(value, bool))
    if not right:
        raise ServiceError("SerializationException", f"{_token(value)} can not be converted to {name}")


def _structure(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    """Yield the violations of a structure: missing, unknown and invalid fields."""
    for name in shape.required_members:
        if value.get(name) is None:
            yield violation(None, _join(path, name), "Member must not be null")
    for name, given in value.items():
        member = shape.members.get(name)
        if member is None:
            raise ServiceError("SerializationException", f"unknown member {_join(path, name)!r}")
        if given is not None:
            yield from _violations(member, given, _join(path, name))


def _list(shape: ListShape, value: list[Any], path: str) -> Iterator[str]:
    """Check the elements of a list; SageMaker reports scalars together, at the list."""
    member = shape.member
    for number, item in enumerate(value, 1):
        if member.type_name in _CONTAINERS:
            yield from _violations(member, item, f"{path}.{number}.member")
        else:
            _check_type(member, item)
    if member.type_name not in _CONTAINERS:
        for constraint in dict.fromkeys(c for item in value for c in _constraints(member, item)):
            yield violation(value, path, f"Member must satisfy constraint: [{constraint}]")


def _map(shape: MapShape, value: dict[str, Any], path: str) -> Iterator[str]:
    """Check the keys and values of a map; SageMaker reports them at the map."""
    for item in value.values():
        _check_type(shape.value, item)
    for kind, member, items in (("keys", shape.key, value.keys()), ("value", shape.value, value.values())):
        for constraint in dict.fromkeys(c for item in items for c in _constraints(member, item)):
            yield violation(value, path, f"Map {kind} must satisfy constraint: [{constraint}]")


def _constraints(shape: Shape, value: Any) -> Iterator[str]:
    """Yield the constraints that a scalar violates."""
    limits = shape.metadata
    allowed = limits.get("enum")
    if allowed and value not in allowed:
        yield f"Member must satisfy enum value set: [{', '.join(allowed)}]"
    yield from _range(shape, value)
    pattern = limits.get("pattern")
    if pattern and (matches := matcher(pattern)) and not matches(value):
        yield f"Member must satisfy regular expression pattern: {pattern}"


def _range(shape: Shape, value: Any) -> Iterator[str]:
    """Compare a value, or its length, with minimum and maximum."""
    valued = shape.type_name in _VALUED
    size = value if valued else _length(value)
    if size is None:
        return
    word = "value" if valued else "length"
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield f"Member must have {word} greater than or equal to {least}"
    if most is not None and size > most:
        yield f"Member must have {word} less than or equal to {most}"


def _length(value: Any) -> int | None:
    """Return the length of a value; None if it has none."""
    return len(value) if hasattr(value, "__len__") else None


def _join(path: str, name: str) -> str:
    """Extend a path by a member's name."""
    return f"{path}.{name}" if path else name


def _token(value: object) -> str:
    """Return the name of a JSON type in SageMaker's messages."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    return next((name for kind, name in _TOKENS if isinstance(value, kind)), "NUMBER_VALUE")


def _java(value: Any) -> str:
    """Quote a value like SageMaker."""
    if isinstance(value, list):
        items = cast("Iterable[Any]", value)
        return f"[{', '.join(_java(item) for item in items)}]"
    if isinstance(value, dict):
        pairs = (f"{key}={_java(item)}" for key, item in cast("dict[str, Any]", value).items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
