"""Convert definition values to Python expressions."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast, get_args, get_type_hints

from cdk_sagemaker_algorithm.codegen.factories import factory_call
from cdk_sagemaker_algorithm.codegen.layout import Atom, Expression, Group, LayoutItem, Text, call, listing, literal
from cdk_sagemaker_algorithm.model import ParameterText, Structure, parameter_text
from cdk_sagemaker_algorithm.model.member_names import snake_case

_GROUPED_FROM = 10_000
_LONGEST_NUMBER = 15


@dataclass(slots=True)
class Writer:
    """Writes structures as calls.

    Attributes:
        withheld: By structure, fields that DescribeAlgorithm does not return; a comment marks them.
        looked_up: By structure, fields that SageMaker may have added; a comment marks them.
        variables: Texts and lists that have a variable, by their value.
    """

    withheld: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    looked_up: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    variables: Mapping[object, str] = field(default_factory=dict[object, str])

    def structure(self, value: Structure) -> Expression:
        """Return a structure as a call of a factory if one fits, otherwise of its class."""
        notes = self._notes(value)
        made = factory_call(value)
        name = type(value).__name__
        if made is None:
            return call(name, self.arguments(value), notes)
        method, arguments = made
        items = [
            LayoutItem(self.value(each.value, each.hint), "" if each.positional else f"{each.name}=")
            for each in arguments
        ]
        return call(f"{name}.{method}", items, notes)

    def arguments(self, value: Structure) -> list[LayoutItem]:
        """Return the arguments that create a structure; omitted fields are omitted."""
        hints = get_type_hints(type(value))
        remarks = {snake_case(member) for member in self.looked_up.get(value.shape_name, ())}
        found = ((each.name, getattr(value, each.name)) for each in dataclasses.fields(value))
        return [
            LayoutItem(
                self.value(item, hints[name]),
                f"{name}=",
                ("SageMaker returns the digest even if the request had none; without it the tag decides.",)
                if name in remarks
                else (),
            )
            for name, item in found
            if item is not None
        ]

    def value(self, value: object, hint: object = None) -> Expression:
        """Return the expression of any value.

        Args:
            value: A value of the definition.
            hint: Type of the field, which can provide an enum.
        """
        if isinstance(value, Structure):
            return self.structure(value)
        if isinstance(value, str):
            return self._text(value, hint)
        if isinstance(value, Mapping):
            return self._mapping(cast("Mapping[str, object]", value), hint)
        if isinstance(value, Sequence):
            return self._list(cast("Sequence[object]", value), hint)
        return Atom(_number(value) if isinstance(value, int) and not isinstance(value, bool) else repr(value))

    def _text(self, value: str, hint: object) -> Expression:
        for enum in _enums(hint):
            if value in set(enum):
                return Atom(f"{enum.__name__}.{enum(value).name}", enum.__name__)
        if value in self.variables:
            return Atom(self.variables[value])
        if is_parameter_text(hint):
            number = plain_number(value)
            return Text(value) if number is None else Atom(_number(number))
        return Text(value)

    def _list(self, value: Sequence[object], hint: object) -> Expression:
        key = tuple(value) if all(isinstance(item, str) for item in value) else None
        if key in self.variables:
            return Atom(self.variables[key])
        return listing([self.value(item, hint) for item in value])

    def _mapping(self, value: Mapping[str, object], hint: object) -> Expression:
        items = tuple(LayoutItem(self.value(item, hint), f"{literal(key)}: ") for key, item in value.items())
        return Group("{", "}", items)

    def _notes(self, value: Structure) -> list[str]:
        members = [snake_case(member) for member in self.withheld.get(value.shape_name, ())]
        absent = [member for member in members if getattr(value, member) is None]
        return [f"DescribeAlgorithm does not return {' and '.join(absent)}."] if absent else []


def is_parameter_text(hint: object) -> bool:
    """Return whether a field accepts numbers for strings of the API.

    Args:
        hint: Type of the field.
    """
    wanted = set(get_args(ParameterText))
    return wanted <= set(_leaves(hint))


def plain_number(text: str) -> int | float | None:
    """Return the number that is written as exactly this text; None if there is none.

    Args:
        text: A value or a bound of a hyperparameter.
    """
    if len(text) > _LONGEST_NUMBER:
        return None
    for kind in (int, float):
        try:
            number = kind(text)
            written = parameter_text(number, "")
        except ValueError:
            continue
        # A float without a fraction would become a whole number in the factory for these.
        if written == text and not (isinstance(number, float) and number.is_integer()):
            return number
    return None


def _leaves(hint: object) -> list[Any]:
    """Return the parts of a type."""
    parts = [part for part in get_args(hint) if part is not types.NoneType]
    return [leaf for part in parts for leaf in _leaves(part)] if parts else [hint]


def _enums(hint: object) -> list[type[StrEnum]]:
    return [leaf for leaf in _leaves(hint) if isinstance(leaf, type) and issubclass(leaf, StrEnum)]


def _number(value: float) -> str:
    return f"{value:_}" if isinstance(value, int) and abs(value) >= _GROUPED_FROM else repr(value)
