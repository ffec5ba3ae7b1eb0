"""Parse YAML templates with CloudFormation short forms such as ``!Ref``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from cdk_sagemaker_algorithm.assembly.errors import InputError
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
        InputError: If the text is not YAML or uses an alias, or PyYAML is not installed.
    """
    try:
        yaml = import_module("yaml")
    except ModuleNotFoundError:
        raise InputError(
            f"{where}: YAML templates require the package PyYAML: run `pip install PyYAML`, or pass the template in "
            "JSON"
        ) from None
    try:
        template: object = yaml.load(text, Loader=_loader(yaml))
    except _AliasError as alias:
        raise InputError(
            f"{where}: line {alias.line}: YAML aliases are not allowed in CloudFormation templates; repeat the "
            "value, or pass the output of `aws cloudformation package`"
        ) from None
    # ValueError: an integer or a date outside the range of Python's types.
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{where}: neither JSON nor YAML: {error}") from error
    if not isinstance(template, dict):
        raise InputError(f"{where}: not a template; expected an object with Resources at the top level")
    return json_object(cast("object", template))


class _AliasError(Exception):
    """YAML alias, which can expand a few lines without limit."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


def _loader(yaml: ModuleType) -> type:
    """Return a safe loader that supports the short forms and keeps dates as strings, as in JSON."""

    def compose_node(reader: Any, parent: Any, index: Any) -> Any:
        if reader.check_event(yaml.AliasEvent):
            raise _AliasError(reader.peek_event().start_mark.line + 1)
        return yaml.SafeLoader.compose_node(reader, parent, index)

    loader: Any = type("TemplateLoader", (yaml.SafeLoader,), {"compose_node": compose_node})
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
