"""Convert dataclasses to the API's dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from functools import cache
from numbers import Integral, Real
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from cdk_sagemaker_algorithm.model.base import Structure
from cdk_sagemaker_algorithm.model.member_names import snake_case
from cdk_sagemaker_algorithm.model.parameter_text import UnsupportedValueError, parameter_text
from cdk_sagemaker_algorithm.model.shapes import Shape, shape

if TYPE_CHECKING:
    from collections.abc import Callable

    Resolve: TypeAlias = Callable[[object, str], object]

_Path: TypeAlias = "tuple[_Path, str | int] | None"

_SCALARS = frozenset({str, int, float, bool})
# The API takes these as strings, and people have them as numbers.
_NUMERIC_TEXTS = frozenset({"ParameterValue", "HyperParameterValue"})
_TEXT_OR_BINARY: tuple[type, ...] = (str, bytes, bytearray, memoryview)
# A set's order differs from run to run, and the algorithm's name would with it.
_REFUSED: tuple[type, ...] = (AbstractSet, bytes, bytearray, memoryview)


class _Plan(NamedTuple):
    """Rendering of a shape's dataclass, derived once."""

    values: Callable[[object], tuple[object, ...]]
    members: tuple[tuple[str, bool], ...]


def render(value: Structure | Mapping[str, object], resolve: Resolve | None = None) -> dict[str, object]:
    """Return a structure as dicts, lists, strings, numbers and booleans, with the API's names.

    Fields that are None are omitted; empty lists, maps and strings are kept. Sequences become lists, mappings become
    dicts, enum members become strings. A structure that is a dict is kept unchanged, including None. Numbers become
    strings if the API has strings for the values and bounds of hyperparameters.

    Args:
        value: A dataclass of the model, or a dict of the API, which can contain both.
        resolve: Called with each value that is not plain JSON and with its path, such as
            ``TrainingSpecification.TrainingImage``; the result is used unchanged.

    Raises:
        UnsupportedValueError: If a value is not plain JSON without ``resolve``, or a key is not a string.
    """
    renderer = _Renderer(resolve)
    if isinstance(value, Structure):
        return renderer.structure(value, None)
    return renderer.mapping(value, None, as_text=False)


class _Renderer:
    def __init__(self, resolve: Resolve | None) -> None:
        self._resolve = resolve

    def structure(self, value: Structure, path: _Path) -> dict[str, object]:
        plan = _plan(value.shape_name)
        rendered: dict[str, object] = {}
        for (member, as_text), item in zip(plan.members, plan.values(value), strict=True):
            if item is None:
                continue
            kind = type(item)
            plain = kind is str or (kind in _SCALARS and not as_text)
            rendered[member] = item if plain else self.value(item, (path, member), as_text=as_text)
        return rendered

    def mapping(self, value: Mapping[str, object], path: _Path, *, as_text: bool) -> dict[str, object]:
        rendered: dict[str, object] = {}
        for key, item in value.items():
            name = _key(key, path)
            rendered[name] = item if type(item) is str else self.value(item, (path, name), as_text=as_text)
        return rendered

    def value(self, value: object, path: _Path, *, as_text: bool) -> object:
        if value is None or type(value) is str:
            return value
        if isinstance(value, Structure):
            return self.structure(value, path)
        if isinstance(value, str):
            # An enum's member: jsii takes the built-in types alone.
            return str.__str__(value)
        # Asking an abstract class is slow, and most of what comes here is a list.
        if isinstance(value, list):
            return self._list(cast("list[object]", value), path, as_text=as_text)
        if isinstance(value, Mapping):
            return self.mapping(cast("Mapping[str, object]", value), path, as_text=as_text)
        if _is_other_list(value):
            return self._list(cast("Sequence[object]", value), path, as_text=as_text)
        return self._leaf(value, path, as_text=as_text)

    def _list(self, value: Sequence[object], path: _Path, *, as_text: bool) -> list[object]:
        return [
            item if type(item) is str else self.value(item, (path, index), as_text=as_text)
            for index, item in enumerate(value)
        ]

    def _leaf(self, value: object, path: _Path, *, as_text: bool) -> object:
        if as_text and isinstance(value, (Real, Decimal)):
            try:
                text = parameter_text(value, _dotted(path))
            except UnsupportedValueError:
                if self._resolve is None:
                    raise
                return self._resolve(value, _dotted(path))
            return text if isinstance(text, str) else self._resolved(value, path)
        if type(value) in _SCALARS:
            return value
        # Numbers of other libraries.
        if isinstance(value, Integral):
            return int(value)
        if isinstance(value, Real):
            return float(value)
        if self._resolve is None and isinstance(value, _REFUSED):
            raise UnsupportedValueError(f"{_dotted(path)}: expected a list or a string, got a {_kind(value)}")
        return self._resolved(value, path)

    def _resolved(self, value: object, path: _Path) -> object:
        if self._resolve is not None:
            return self._resolve(value, _dotted(path))
        if isinstance(value, float):
            raise UnsupportedValueError(
                f"{_dotted(path)}: a number token cannot stand for a string outside of a stack; "
                "give the token's string form, such as a parameter's value_as_string"
            )
        raise UnsupportedValueError(
            f"{_dotted(path)}: a {_kind(value)} can be rendered inside a stack only; "
            "outside of one give a string, a number, a boolean, a list or a dict"
        )


@cache
def _plan(shape_name: str) -> _Plan:
    members = shape(shape_name).members
    fields = [snake_case(member) for member in members]
    # An attrgetter of one name returns the value and not a tuple.
    getter = attrgetter(*fields) if len(fields) > 1 else _single(fields[0])
    return _Plan(getter, tuple((member, _is_text(of)) for member, of in members.items()))


def _single(field: str) -> Callable[[object], tuple[object, ...]]:
    getter = attrgetter(field)
    return lambda structure: (getter(structure),)


def _is_text(member: Shape) -> bool:
    leaf = member.member or member.value or member
    return leaf.name in _NUMERIC_TEXTS


def _key(key: object, path: _Path) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    raise UnsupportedValueError(f"{_dotted(path)}: the key {key!r} is not a string; API names and map keys are")


def _is_other_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, _TEXT_OR_BINARY)


def _kind(value: object) -> str:
    return type(value).__name__


def _dotted(path: _Path) -> str:
    steps: list[str] = []
    while path is not None:
        path, step = path
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    return "".join(reversed(steps)).removeprefix(".") or "the request"
