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
        InputError: It is not YAML, or PyYAML is not installed.
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
    except yaml.YAMLError as error:
        raise InputError(f"{where}: is neither JSON nor YAML: {error}") from error
    if not isinstance(template, dict):
        raise InputError(f"{where}: is no template; an object with Resources is wanted at the top")
    return json_object(cast("object", template))


def _loader(yaml: ModuleType) -> type:
    """A safe loader that knows the short forms and leaves dates what they are in JSON: strings."""
    loader: Any = type("TemplateLoader", (yaml.SafeLoader,), {})
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
