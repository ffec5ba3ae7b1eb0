"""Resolve CloudFormation intrinsic functions as far as the template allows."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.unresolved import Equality, Symbol
from cdk_sagemaker_algorithm.model.json_access import Json, json_list, json_object
from cdk_sagemaker_algorithm_provider.contract.canonical import canonical

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.assembly.stack import Stack

# A large app needs about 10,000 steps; a hostile template would expand without end.
_MAX_STEPS: Final = 1_000_000
_MAX_TEXT: Final = 1_000_000

_DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")
_SUB = re.compile(r"\$\{(!?)([^}]*)\}")

#: Properties that determine Ref and attributes of a resource; for other types, all properties do.
_NAMING: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::IAM::Role": ("RoleName", "Path"),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::ECR::Repository": ("RepositoryName", "EncryptionConfiguration"),
    "AWS::KMS::Key": (),
    "AWS::KMS::Alias": ("AliasName",),
    "AWS::Lambda::Function": ("FunctionName", "PackageType"),
    "AWS::SNS::Topic": ("TopicName", "FifoTopic"),
}


class _Absent:
    """AWS::NoValue: the property is absent."""


ABSENT: Final = _Absent()
Resolved: TypeAlias = "Json | _Absent"


@dataclass(slots=True)
class _Work:
    """Work spent on resolving one stack and its nested stacks."""

    label: str
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps > _MAX_STEPS:
            raise self._error(f"more than {_MAX_STEPS:,} steps")

    def limited(self, text: str) -> str:
        if len(text) > _MAX_TEXT:
            raise self._error(f"a text of more than {_MAX_TEXT:,} characters")
        return text

    def _error(self, what: str) -> InputError:
        return InputError(
            f"{self.label}: resolving its intrinsic functions takes {what}, the limit; they expand each other"
        )


@dataclass(slots=True)
class Resolver:
    """Resolver for the values of one template.

    Attributes:
        stack: Stack with template, environment and nested stacks.
        bindings: Parameter values of a nested stack, resolved in its parent stack.
        scope: Path of nested stacks, so that equal logical IDs of different templates differ.
        own_children: Child resources of one construct: logical ID and path below the construct.
    """

    stack: Stack
    bindings: Mapping[str, Json] = field(default_factory=dict[str, Json])
    scope: str = ""
    own_children: Mapping[str, str] = field(default_factory=dict[str, str])
    _fingerprints: dict[str, str] = field(default_factory=dict[str, str])
    _work: _Work | None = None

    @property
    def work(self) -> _Work:
        """Work so far, including nested stacks."""
        if self._work is None:
            self._work = _Work(self.stack.label)
        return self._work

    def resolve(self, value: Json) -> Json:
        """Resolve every intrinsic function in a value, or replace it by the mark of a symbol."""
        resolved = self._resolve(value)
        return None if isinstance(resolved, _Absent) else resolved

    def with_own_children(self, children: Mapping[str, str]) -> Resolver:
        """Return a resolver that identifies a construct's children by relative path, so that moves do not matter.

        Args:
            children: Logical IDs of the children and their paths below the construct.
        """
        return Resolver(self.stack, self.bindings, self.scope, children, _work=self.work)

    def condition(self, name: str) -> bool | None:
        """Evaluate a condition of the template; None if it depends on deploy-time values."""
        if name not in self._section("Conditions"):
            return None
        return self._condition({"Condition": name})

    def condition_identity(self, name: str) -> str:
        """Return an identity that is equal for conditions with the same result in one deployment."""
        return _identity(["condition", self._condition_form({"Condition": name})])

    def _section(self, name: str) -> dict[str, Json]:
        return json_object(self.stack.template.get(name))

    def _resolve(self, value: Json) -> Resolved:
        self.work.step()
        if isinstance(value, str):
            return _DYNAMIC.sub(_dynamic, unresolved.plain(value))
        if isinstance(value, list):
            return [item for item in map(self._resolve, value) if not isinstance(item, _Absent)]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._intrinsic(name, argument)
        resolved = {name: self._resolve(item) for name, item in value.items()}
        return {name: item for name, item in resolved.items() if not isinstance(item, _Absent)}

    def _intrinsic(self, name: str, argument: Json) -> Resolved:
        functions: dict[str, Callable[[Json], Resolved]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::Base64": self._base64,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
        }
        function = functions.get(name)
        return self._opaque(name, argument) if function is None else function(argument)

    def _ref(self, argument: Json) -> Resolved:
        name = str(argument)
        if name == "AWS::NoValue":
            return ABSENT
        if name.startswith("AWS::"):
            return self._pseudo(name)
        if name in self.bindings:
            return self.bindings[name]
        if name in self._section("Parameters"):
            return self._parameter(name)
        return self._of_resource(name, None)

    def _pseudo(self, name: str) -> str:
        value = self.stack.pseudo_parameters().get(name)
        if value is not None:
            return value
        return Symbol(text=f"${{{name}}}", kind="pseudo", name=name, identity=_identity(["pseudo", name])).encode()

    def _parameter(self, name: str) -> str:
        definition = json_object(self._section("Parameters")[name])
        default = definition.get("Default")
        hidden = default is None or str(definition.get("NoEcho", "")).lower() == "true"
        identity = _identity(["parameter", self.scope, name, definition.get("Type"), default])
        detail = None if hidden else _scalar(default)
        return Symbol(text=f"${{{name}}}", kind="parameter", name=name, identity=identity, detail=detail).encode()

    def _get_att(self, argument: Json) -> Resolved:
        if isinstance(argument, str):
            name, _, attribute = argument.partition(".")
            return self._of_resource(name, attribute)
        pieces = [self.resolve(piece) for piece in json_list(argument)]
        names = [piece for piece in pieces if isinstance(piece, str) and unresolved.is_decided(piece)]
        if len(names) != len(pieces) or not names:
            return self._opaque("Fn::GetAtt", argument)
        return self._of_resource(names[0], ".".join(names[1:]))

    def _of_resource(self, name: str, attribute: str | None) -> Json:
        nested = self.stack.nested.get(name)
        if nested is not None and attribute and attribute.startswith("Outputs."):
            outputs = json_object(nested.template.get("Outputs"))
            output = json_object(outputs.get(attribute.removeprefix("Outputs.")))
            if output:
                return self.nested(name, nested).resolve(output.get("Value"))
        kind = json_object(self._section("Resources").get(name)).get("Type")
        child = self.own_children.get(name)
        place = ["resource", self.scope, name] if child is None else ["child", child]
        return Symbol(
            text=f"${{{name}.{attribute}}}" if attribute else f"${{{name}}}",
            kind="resource",
            name=name,
            identity=_identity([*place, attribute, self._fingerprint(name)]),
            detail=str(kind) if kind else None,
        ).encode()

    def nested(self, name: str, stack: Stack) -> Resolver:
        """Return the resolver of a nested stack, with the parameter values from this template."""
        resource = json_object(self._section("Resources").get(name))
        arguments = json_object(json_object(resource.get("Properties")).get("Parameters"))
        bindings = {parameter: self.resolve(value) for parameter, value in arguments.items()}
        return Resolver(stack, bindings, f"{self.scope}{name}/", _work=self.work)

    def _fingerprint(self, name: str) -> str:
        """Return a hash of everything that Ref and attributes of a resource can depend on."""
        if name not in self._fingerprints:
            # Set first: a template can contain a cycle.
            self._fingerprints[name] = ""
            resource = json_object(self._section("Resources").get(name))
            kind, properties = resource.get("Type"), json_object(resource.get("Properties"))
            naming = _NAMING.get(str(kind))
            if naming is None:
                # Tags change often and never replace a resource of AWS.
                naming = tuple(key for key in properties if key != "Tags" or not str(kind).startswith("AWS::"))
            relevant = {key: properties[key] for key in naming if key in properties}
            self._fingerprints[name] = _identity([kind, self.resolve(relevant), resource.get("Condition")])
        return self._fingerprints[name]

    def _sub(self, argument: Json) -> Resolved:
        template, given = argument, {}
        if isinstance(argument, list):
            template = argument[0] if argument else None
            given = json_object(argument[1]) if len(argument) > 1 else {}
        if not isinstance(template, str):
            return self._opaque("Fn::Sub", argument)

        def value(match: re.Match[str]) -> str:
            literal, name = match.group(1), match.group(2).strip()
            if literal:
                return f"${{{name}}}"
            if name in given:
                return _text(self._resolve(given[name]))
            return _text(self._get_att(name) if "." in name else self._ref(name))

        return self.work.limited(_DYNAMIC.sub(_dynamic, _SUB.sub(value, unresolved.plain(template))))

    def _join(self, argument: Json) -> Resolved:
        pieces = json_list(argument)
        if len(pieces) == 2:  # noqa: PLR2004 - delimiter and list
            delimiter, values = self.resolve(pieces[0]), self.resolve(pieces[1])
            if isinstance(delimiter, str) and isinstance(values, list):
                return self.work.limited(delimiter.join(_text(value) for value in values))
        return self._opaque("Fn::Join", argument)

    def _split(self, argument: Json) -> Resolved:
        pieces = json_list(argument)
        if len(pieces) == 2:  # noqa: PLR2004 - delimiter and string
            delimiter, value = self.resolve(pieces[0]), self.resolve(pieces[1])
            if isinstance(delimiter, str) and delimiter and isinstance(value, str) and unresolved.is_decided(value):
                return list(value.split(delimiter))
        return self._opaque("Fn::Split", argument)

    def _select(self, argument: Json) -> Resolved:
        pieces = json_list(argument)
        if len(pieces) == 2:  # noqa: PLR2004 - index and list
            index, values = self.resolve(pieces[0]), self.resolve(pieces[1])
            optional = any(symbol.optional for value in json_list(values) for symbol in _symbols(value))
            if isinstance(values, list) and not optional and str(index).isdecimal() and int(str(index)) < len(values):
                return values[int(str(index))]
        return self._opaque("Fn::Select", argument)

    def _base64(self, argument: Json) -> Resolved:
        value = self.resolve(argument)
        if isinstance(value, str) and unresolved.is_decided(value):
            return base64.b64encode(value.encode()).decode()
        return self._opaque("Fn::Base64", argument)

    def _find_in_map(self, argument: Json) -> Resolved:
        keys = [self.resolve(key) for key in json_list(argument)[:3]]
        name, rows = str(keys[0]) if keys else "", self._section("Mappings")
        table = json_object(rows.get(name))
        if len(keys) == 3 and all(isinstance(key, str) for key in keys) and table:  # noqa: PLR2004 - map and two keys
            row = json_object(table.get(str(keys[1])))
            if str(keys[2]) in row:
                return self.resolve(row[str(keys[2])])
        column = {row: json_object(cells).get(str(keys[-1])) if keys else None for row, cells in table.items()}
        return self._opaque("Fn::FindInMap", argument, column or table)

    def _if(self, argument: Json) -> Resolved:
        pieces = json_list(argument)
        if len(pieces) != 3:  # noqa: PLR2004 - condition and two branches
            return self._opaque("Fn::If", argument)
        condition = self._condition({"Condition": pieces[0]})
        if condition is not None:
            return self._resolve(pieces[1] if condition else pieces[2])
        branches = [self._resolve(piece) for piece in pieces[1:]]
        if branches[0] == branches[1]:
            return branches[0]
        form = self._condition_form({"Condition": pieces[0]})
        return self._opaque("Fn::If", argument, form, optional=ABSENT in branches)

    def _condition(self, expression: Json, depth: int = 0) -> bool | None:
        """Evaluate a condition expression; None if it depends on deploy-time values."""
        self.work.step()
        if depth > len(self._section("Conditions")) + 20:
            return None
        name, argument = next(iter(json_object(expression).items()), ("", None))
        if name == "Condition":
            definition = self._section("Conditions").get(str(argument))
            return None if definition is None else self._condition(definition, depth + 1)
        if name == "Fn::Equals":
            return self._equals(json_list(argument))
        outcomes = [self._condition(item, depth + 1) for item in json_list(argument)]
        return _combine(name, outcomes)

    def _equals(self, sides: list[Json]) -> bool | None:
        if len(sides) != 2:  # noqa: PLR2004 - two values
            return None
        one, other = (unresolved.tree(canonical(self.resolve(side))) for side in sides)
        finding = unresolved.compare(one, other)
        return None if finding is Equality.UNDECIDED else finding is Equality.EQUAL

    def _condition_form(self, expression: Json, depth: int = 0) -> Json:
        """Return a condition with referenced conditions expanded, to compare two templates."""
        self.work.step()
        if depth > len(self._section("Conditions")) + 20:
            return None
        name, argument = next(iter(json_object(expression).items()), ("", None))
        if name == "Condition":
            return self._condition_form(self._section("Conditions").get(str(argument)), depth + 1)
        if name in ("Fn::And", "Fn::Or", "Fn::Not"):
            return {name: [self._condition_form(item, depth + 1) for item in json_list(argument)]}
        return {name: self.resolve(argument)}

    def _opaque(self, name: str, argument: Json, extra: Json = None, *, optional: bool = False) -> str:
        """Return a symbol for a function that cannot be resolved offline."""
        resolved = self.resolve(argument)
        leaves = {
            source: None for value in (resolved, extra) for symbol in _symbols(value) for source in symbol.sources()
        }
        return Symbol(
            text=f"${{{name.removeprefix('Fn::')}({_arguments(resolved)})}}",
            kind="function",
            name=name,
            identity=_identity([name, resolved, extra]),
            optional=optional,
            leaves=tuple(leaves),
        ).encode()


def _dynamic(match: re.Match[str]) -> str:
    text = match.group(0)
    return Symbol(text=text, kind="reference", name=text, identity=_identity(["dynamic", text])).encode()


def _combine(name: str, outcomes: list[bool | None]) -> bool | None:
    if name == "Fn::Not" and len(outcomes) == 1:
        return None if outcomes[0] is None else not outcomes[0]
    decisive = {"Fn::And": False, "Fn::Or": True}.get(name)
    if decisive is None or not outcomes:
        return None
    if decisive in outcomes:
        return decisive
    return None if None in outcomes else not decisive


def _symbols(value: Json) -> list[Symbol]:
    return list(unresolved.symbols(unresolved.tree(canonical(value))))


def _scalar(value: Json) -> str:
    return "" if value is None else str(canonical(value))


def _text(value: Resolved) -> str:
    if isinstance(value, _Absent):
        return ""
    return json.dumps(value) if isinstance(value, dict | list) else _scalar(value)


def _arguments(value: Json) -> str:
    if isinstance(value, list):
        return ", ".join(_arguments(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(unresolved.display_tree(unresolved.tree(canonical(value))), ensure_ascii=False)
    return unresolved.display(_scalar(value))


def _identity(value: Json) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:24]
