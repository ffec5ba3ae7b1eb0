"""Generate a complete Python module with a stack."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from cdk_sagemaker_algorithm.codegen.errors import ImportingError
from cdk_sagemaker_algorithm.codegen.expressions import Writer
from cdk_sagemaker_algorithm.codegen.factories import shared_values
from cdk_sagemaker_algorithm.codegen.known_request import Imported
from cdk_sagemaker_algorithm.codegen.layout import (
    Atom,
    Expression,
    Group,
    LayoutItem,
    Text,
    assign,
    call,
    lay_out,
    listing,
    names,
)
from cdk_sagemaker_algorithm.model import AlgorithmDefinition, Tag, from_api
from cdk_sagemaker_algorithm_provider.contract.limits import PREFIX_LENGTH

LINE_LENGTH = 88

_BODY = 8
_UNNAMED = "algorithm"
_OWN_ARGUMENTS = ("algorithm_name", "tags")
_NAME_TAKEN = "The name itself is held by the algorithm that this was read from."
_NAME_KEPT = "The stack adopts the algorithm of this name after it is marked (command adopt)."


def python_source(imported: Imported, *, width: int = LINE_LENGTH, exact_name: bool = False) -> str:
    """Return the code of a module that declares the algorithm in a stack and is a CDK app.

    Args:
        imported: The request and its origin.
        width: Maximum line length.
        exact_name: Whether to declare the name of an algorithm that exists, to adopt it. Default: its prefix. Other
            requests keep their name anyway.

    Raises:
        ImportingError: If the library's classes cannot represent the request.
    """
    module = _Module(imported, _definition(imported), width, exact_name=exact_name)
    return "\n".join(module.lines()) + "\n"


def _definition(imported: Imported) -> AlgorithmDefinition:
    request = {"AlgorithmName": _UNNAMED, **imported.request}
    try:
        return from_api(AlgorithmDefinition, request)
    except ValueError as error:
        raise ImportingError(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    value: object
    constant: bool


class _Module:
    def __init__(
        self, imported: Imported, definition: AlgorithmDefinition, width: int, *, exact_name: bool = False
    ) -> None:
        self._imported = imported
        self._adopts = exact_name and imported.live
        self._definition = definition
        self._width = width
        self._variables = list(_variables(definition))
        self._writer = Writer(
            imported.withheld, imported.looked_up, {variable.value: variable.name for variable in self._variables}
        )
        self._class = _class_name(imported.stem or _UNNAMED)

    def lines(self) -> Iterator[str]:
        construct = self._construct()
        yield from self._docstring()
        yield from ["", "from typing import Any", "", "import aws_cdk as cdk"]
        yield from [*self._imports(construct), "from constructs import Construct"]
        for variable in self._constants(constant=True):
            yield from ["", *self._assignment(variable, 0)]
        yield from ["", "", *self._stack(construct)]
        stack = call(f"{self._class}Stack", [LayoutItem(Atom("app")), LayoutItem(Text(f"{self._class}Stack"))])
        yield from ["", "", "app = cdk.App()", *lay_out(stack, indent=0, width=self._width), "app.synth()"]

    def _docstring(self) -> Iterator[str]:
        what = f"algorithm {self._imported.name}" if self._imported.name else "algorithm"
        first = f'"""The SageMaker {what}, declared with the AWS CDK.'
        if not self._imported.live:
            yield f'{first}"""'
            return
        text = (
            "Generated from a DescribeAlgorithm response, which does not contain all fields of a request: "
            "comments mark the fields to set again."
        )
        yield from [first, "", *textwrap.wrap(text, self._width), '"""']

    def _imports(self, construct: Expression) -> Iterator[str]:
        used = sorted(set(names(construct)), key=_import_order)
        line = f"from cdk_sagemaker_algorithm import {', '.join(used)}"
        ours = [line]
        if len(line) > self._width:
            ours = ["from cdk_sagemaker_algorithm import (", *(f"    {name}," for name in used), ")"]
        yield from ours

    def _stack(self, construct: Expression) -> Iterator[str]:
        margin = " " * _BODY
        yield f"class {self._class}Stack(cdk.Stack):"
        yield f'    """Declares the algorithm{" " if self._imported.name else ""}{self._imported.name}."""'
        signature = "def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:"
        yield from ["", f"    {signature}", f'{margin}"""Declare everything in the stack."""']
        yield from [f"{margin}super().__init__(scope, construct_id, **kwargs)", ""]
        local = [line for variable in self._constants(constant=False) for line in self._assignment(variable, _BODY)]
        yield from local
        yield from assign("algorithm", construct, indent=_BODY, width=self._width)
        for tag in self._tags():
            yield from lay_out(tag, indent=_BODY, width=self._width)
        output = call("cdk.CfnOutput", [LayoutItem(Atom("self")), LayoutItem(Text("AlgorithmArn")), _ARN])
        yield from ["", *lay_out(output, indent=_BODY, width=self._width)]

    def _construct(self) -> Expression:
        arguments = [
            each
            for each in self._writer.arguments(self._definition)
            if each.prefix not in {f"{name}=" for name in _OWN_ARGUMENTS}
        ]
        scope = [LayoutItem(Atom("self")), LayoutItem(Text(self._class))]
        return call("Algorithm", [*scope, *self._name(), *arguments, *self._acknowledged()])

    def _name(self) -> list[LayoutItem]:
        if not self._imported.name:
            return []
        if not self._imported.live:
            return [LayoutItem(Text(self._imported.name), "algorithm_name=")]
        if self._adopts:
            return [LayoutItem(Text(self._imported.name), "algorithm_name=", (_NAME_KEPT,))]
        prefix = self._imported.stem[:PREFIX_LENGTH].rstrip("-")
        return [LayoutItem(Text(prefix), "algorithm_name_prefix=", (_NAME_TAKEN,))]

    def _acknowledged(self) -> list[LayoutItem]:
        if not self._adopts:
            return []
        reason = LayoutItem(Text("the algorithm was adopted"), '"algorithm-name-given": ')
        return [LayoutItem(Group("{", "}", (reason,)), "acknowledge_rules=")]

    def _tags(self) -> Iterator[Expression]:
        for tag in self._definition.tags or ():
            pair = (tag.key, tag.value) if isinstance(tag, Tag) else (str(tag.get("Key")), str(tag.get("Value")))
            yield call("cdk.Tags.of(algorithm).add", [LayoutItem(Text(text)) for text in pair])

    def _constants(self, *, constant: bool) -> list[_Variable]:
        return [variable for variable in self._variables if variable.constant is constant]

    def _assignment(self, variable: _Variable, indent: int) -> list[str]:
        value = variable.value
        expression = (
            Text(value) if isinstance(value, str) else listing([Text(text) for text in cast("tuple[str, ...]", value)])
        )
        return assign(variable.name, expression, indent=indent, width=self._width)


_ARN = LayoutItem(Atom("algorithm.algorithm_arn"), "value=")


def _variables(definition: AlgorithmDefinition) -> Iterator[_Variable]:
    """Yield a variable for each value that occurs more than once."""
    count = Counter(shared_values(definition))
    numbers: Counter[str] = Counter()
    for value, times in count.items():
        constant = not isinstance(value, str)
        if times < 2 or (constant and len(cast("tuple[str, ...]", value)) < 2):  # noqa: PLR2004 - several
            continue
        base = "INSTANCE_TYPES" if constant else "image"
        numbers[base] += 1
        number = numbers[base]
        separator = "_" if number > 1 else ""
        yield _Variable(f"{base}{separator}{number if number > 1 else ''}", value, constant)


def _class_name(name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    camel = "".join(word[:1].upper() + word[1:] for word in words) or "Imported"
    return camel if camel[0].isalpha() else f"Algorithm{camel}"


def _import_order(name: str) -> tuple[str, str]:
    """Return a sort key that orders names like isort: classes by name, ignoring case."""
    return name.lower(), name


def definition_source(request: Mapping[str, object], *, width: int = LINE_LENGTH) -> str:
    """Return the request as an expression that creates an ``AlgorithmDefinition``.

    Args:
        request: The CreateAlgorithm request.
        width: Maximum line length.

    Raises:
        ImportingError: If the library's classes cannot represent the request.
    """
    definition = _definition(Imported(request))
    expression = Writer().structure(definition)
    return "\n".join(lay_out(expression, indent=0, width=width)) + "\n"
