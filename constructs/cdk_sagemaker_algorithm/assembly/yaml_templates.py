"""Templates in YAML, with CloudFormation's short forms such as `!Ref`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.model.json_tree import Json, json_object

if TYPE_CHECKING:
    from types import ModuleType

# These two have no Fn:: in their long form.
_BARE = frozenset({"Ref", "Condition"})


def parse(text: str, where: str) -> dict[str, Json]:
    """Read a template.

    Args:
        text: The template, in YAML.
        where: What to call it in errors.

    Returns:
        The template, with the long forms of the intrinsics.

    Raises:
        InputError: It is not YAML, uses an alias, or PyYAML is not installed.
    """
    try:
        yaml = import_module("yaml")
    except ModuleNotFoundError:
        raise InputError(
            f"{where}: reading YAML needs the package PyYAML, which is not installed: pip install PyYAML, "
            "or give the template in JSON"
        ) from None
    try:
        template: object = yaml.load(text, Loader=_loader(yaml))
    except _AliasError as alias:
        raise InputError(
            f"{where}: line {alias.line}: YAML aliases are not allowed in CloudFormation templates; write the value "
            "out, or give what `aws cloudformation package` makes of the template"
        ) from None
    # A value error is an integer or a date that YAML's own types do not hold.
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{where}: is neither JSON nor YAML: {error}") from error
    if not isinstance(template, dict):
        raise InputError(f"{where}: is no template; expected an object with Resources at the top level")
    return json_object(cast("object", template))


class _AliasError(Exception):
    """An alias, which can make a few lines grow without limit."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


def _loader(yaml: ModuleType) -> type:
    """A safe loader that knows the short forms and leaves dates what they are in JSON: strings."""

    def compose_node(reader: Any, parent: Any, index: Any) -> Any:
        if reader.check_event(yaml.AliasEvent):
            raise _AliasError(reader.peek_event().start_mark.line + 1)
        return yaml.SafeLoader.compose_node(reader, parent, index)

    loader: Any = type("TemplateLoader", (yaml.SafeLoader,), {"compose_node": compose_node})
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
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
