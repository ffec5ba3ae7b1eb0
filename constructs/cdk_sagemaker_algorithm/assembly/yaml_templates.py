"""Parse YAML templates with CloudFormation short forms such as ``!Ref``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.read_limits import MAX_DEPTH, too_deep
from cdk_sagemaker_algorithm.model.json_access import Json, json_object

if TYPE_CHECKING:
    from types import ModuleType

# The long forms of these two have no prefix Fn::.
_BARE = frozenset({"Ref", "Condition"})


def parse(text: str, where: str) -> dict[str, Json]:
    """Parse a template.

    Args:
        text: Template in YAML.
        where: File name or location for error messages.

    Returns:
        The template, with the long forms of the intrinsics.

    Raises:
        InputError: If the text is not YAML, uses an alias or is nested too deeply, or PyYAML is not installed.
    """
    try:
        import yaml as pyyaml  # noqa: PLC0415 - the package is optional
    except ModuleNotFoundError:
        raise InputError(
            f"{where}: YAML templates require the package PyYAML: run `pip install PyYAML`, or pass the template in "
            "JSON"
        ) from None
    # As Any: parts of its type stubs are unknown.
    yaml: Any = pyyaml
    # LibYAML is several times faster, and not part of every installation of PyYAML.
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_events(yaml, yaml.parse(text, Loader=base), where)
        template: object = yaml.load(text, Loader=_loader(yaml, base))
    except InputError:
        raise
    # ValueError: an integer or a date outside the range of Python's types.
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{where}: neither JSON nor YAML: {error}") from error
    if not isinstance(template, dict):
        raise InputError(f"{where}: not a template; expected an object with Resources at the top level")
    return json_object(cast("object", template))


def _check_events(yaml: ModuleType, events: Iterator[Any], where: str) -> None:
    """Check a template before its values are built: an alias can expand a few lines without limit."""
    depth = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise InputError(
                f"{where}: line {event.start_mark.line + 1}: YAML aliases are not allowed in CloudFormation templates; "
                "repeat the value, or pass the output of `aws cloudformation package`"
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise too_deep(where)


def _loader(yaml: ModuleType, base: type) -> type:
    """Return a safe loader that supports the short forms and keeps dates as strings, as in JSON."""
    loader: Any = type("TemplateLoader", (base,), {})
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def intrinsic(reader: Any, name: str, node: Any) -> dict[str, object]:
        if isinstance(node, yaml.ScalarNode):
            value = reader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = reader.construct_sequence(node, deep=True)
        else:
            value = reader.construct_mapping(node, deep=True)
        return {name if name in _BARE else f"Fn::{name}": value}

    loader.add_multi_constructor("!", intrinsic)
    return cast("type", loader)
