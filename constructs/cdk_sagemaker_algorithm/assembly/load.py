"""Load stacks from cloud assemblies, template files and `CreateAlgorithm` requests."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from cdk_sagemaker_algorithm.assembly.bounded_files import AssemblyFiles, read_text
from cdk_sagemaker_algorithm.assembly.documents import parse_template
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.read_limits import ReadBudget
from cdk_sagemaker_algorithm.assembly.stack import Annotation, Stack, nested_stack_ids, trim_path
from cdk_sagemaker_algorithm.model.json_access import Json, json_list, json_object
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_TYPE

MANIFEST: Final = "manifest.json"
_STACK_ARTIFACT: Final = "aws:cloudformation:stack"
_ASSEMBLY_ARTIFACT: Final = "cdk:cloud-assembly"
_ASSETS_ARTIFACT: Final = "cdk:asset-manifest"
_ANNOTATIONS: Final = {"aws:cdk:error": "error", "aws:cdk:warning": "warning", "aws:cdk:info": "info"}
_HASH: Final = re.compile(r"([0-9a-f]{64})\.json")
# Stages and nested stacks can be nested; real apps have a few levels.
_MAX_NESTING: Final = 20


def is_assembly(path: Path | str) -> bool:
    """Return whether a path is a cloud assembly: a directory with a `manifest.json` of artifacts, or that file."""
    path = Path(path)
    directory = path if path.is_dir() else path.parent
    if directory != path and path.name != MANIFEST:
        return False
    try:
        return "artifacts" in AssemblyFiles(directory, directory).read_json(MANIFEST)
    except InputError:
        return False


def load(path: Path | str) -> list[Stack]:
    """Read the stacks of a cloud assembly (`cdk.out`), or one template or request.

    Args:
        path: Directory with a `manifest.json`, a template in JSON or YAML, or a `CreateAlgorithm` request in JSON.

    Returns:
        The stacks, including stacks of nested assemblies (stages). Empty for an assembly without stacks.

    Raises:
        InputError: If the path is none of these, cannot be parsed, or exceeds the limits of `read_limits`.
    """
    path = Path(path)
    if path.is_dir():
        return _load_assembly(AssemblyFiles(path, path), ())
    if not path.is_file():
        raise InputError(
            f"{path}: no such file or directory; pass a cloud assembly (the directory that `cdk synth` writes, "
            "usually cdk.out), a template or a CreateAlgorithm request"
        )
    if path.name == MANIFEST:
        return _load_assembly(AssemblyFiles(path.parent, path.parent), ())
    return [Stack(name=None, label=path.name, template=_read_lone_template(path))]


def _load_assembly(files: AssemblyFiles, around: tuple[Path, ...]) -> list[Stack]:
    if not (files.directory / MANIFEST).is_file():
        raise InputError(
            f"{files.directory}: not a cloud assembly (no {MANIFEST}); run `cdk synth --output "
            f"{files.directory}` first, or pass a template or a CreateAlgorithm request"
        )
    directory = files.directory.resolve()
    if directory in around or len(around) > _MAX_NESTING:
        raise InputError(f"{files.directory / MANIFEST}: the assembly contains itself as a nested assembly")
    artifacts = {
        identifier: json_object(value)
        for identifier, value in json_object(files.read_json(MANIFEST).get("artifacts")).items()
    }
    manifests = tuple(
        str(json_object(artifact.get("properties")).get("file", ""))
        for artifact in artifacts.values()
        if artifact.get("type") == _ASSETS_ARTIFACT
    )
    stacks: list[Stack] = []
    for identifier, artifact in artifacts.items():
        properties = json_object(artifact.get("properties"))
        if artifact.get("type") == _STACK_ARTIFACT:
            stacks.append(_stack(files, manifests, identifier, artifact))
        elif artifact.get("type") == _ASSEMBLY_ARTIFACT:
            nested = files.inside(str(properties.get("directoryName", "")))
            stacks += _load_assembly(nested, (*around, directory))
    return stacks


def _stack(files: AssemblyFiles, manifests: tuple[str, ...], identifier: str, artifact: dict[str, Json]) -> Stack:
    properties = json_object(artifact.get("properties"))
    file = str(properties.get("templateFile", ""))
    account, region = _environment(str(artifact.get("environment", "")))
    metadata = _metadata(files, artifact)
    outline = Stack(
        name=str(properties.get("stackName") or identifier),
        label=str(artifact.get("displayName") or identifier).partition(" (")[0],
        template={},
        account=account,
        region=region,
        paths=_paths(metadata),
        annotations=_annotations(metadata),
        properties=properties,
        files=files,
        asset_manifests=manifests,
    )
    return _with_template(outline, file, ())


def _with_template(outline: Stack, file: str, around: tuple[Path, ...]) -> Stack:
    """Add the template, and the nested stacks that have templates in the assembly."""
    files = outline.files
    if files is None:
        return outline
    path = files.path(file).resolve()
    if path in around or len(around) > _MAX_NESTING:
        raise InputError(f"{files.directory / file}: the template contains itself as a nested stack")
    template = files.read_template(file)
    if not isinstance(template.get("Resources", {}), dict):
        raise InputError(f"{files.directory / file}: not a CloudFormation template (Resources is not an object)")
    nested: dict[str, Stack] = {}
    for logical_id in nested_stack_ids(template):
        inner = _nested_file(outline, json_object(json_object(template.get("Resources")).get(logical_id)))
        if inner is not None:
            nested[logical_id] = _with_template(
                Stack(
                    name=None,
                    label=logical_id,
                    template={},
                    account=outline.account,
                    region=outline.region,
                    files=files,
                    asset_manifests=outline.asset_manifests,
                ),
                inner,
                (*around, path),
            )
    return replace(outline, template=template, nested=nested)


def _metadata(files: AssemblyFiles, artifact: dict[str, Json]) -> list[tuple[str, dict[str, Json]]]:
    """Return the metadata entries of a stack's constructs, each with the construct path."""
    entries = json_object(artifact.get("metadata"))
    file = artifact.get("additionalMetadataFile")
    if isinstance(file, str) and files.exists(file):
        entries = {**entries, **files.read_json(file)}
    return [
        (path.removeprefix("/"), json_object(value)) for path, values in entries.items() for value in json_list(values)
    ]


def _annotations(metadata: list[tuple[str, dict[str, Json]]]) -> tuple[Annotation, ...]:
    return tuple(
        Annotation(level=_ANNOTATIONS[str(entry["type"])], path=path, text=str(entry.get("data")))
        for path, entry in metadata
        if entry.get("type") in _ANNOTATIONS
    )


def _paths(metadata: list[tuple[str, dict[str, Json]]]) -> dict[str, str]:
    """Map logical IDs to construct paths; IDs that occur in several nested stacks are omitted."""
    paths_by_id: dict[str, list[str]] = {}
    for path, entry in metadata:
        if entry.get("type") == "aws:cdk:logicalId":
            paths_by_id.setdefault(str(entry.get("data")), []).append(trim_path(path))
    return {logical_id: paths[0] for logical_id, paths in paths_by_id.items() if len(paths) == 1}


def _nested_file(stack: Stack, resource: dict[str, Json]) -> str | None:
    """Return the template file of a nested stack, from metadata or by the hash in its URL."""
    files = stack.files
    if files is None:
        return None
    file = json_object(resource.get("Metadata")).get("aws:asset:path")
    if not isinstance(file, str):
        url = _HASH.search(json.dumps(json_object(resource.get("Properties")).get("TemplateURL")))
        file = _published_files(files).get(url.group(1)) if url else None
    return file if file and files.exists(file) else None


def _published_files(files: AssemblyFiles) -> dict[str, str]:
    """Map the hashes of published file assets to their files."""
    published: dict[str, str] = {}
    for manifest in sorted(files.directory.glob("*.assets.json")):
        for identifier, asset in json_object(files.read_json(manifest.name).get("files")).items():
            published[identifier] = str(json_object(json_object(asset).get("source")).get("path", ""))
    return published


def _environment(text: str) -> tuple[str | None, str | None]:
    account, _, region = text.removeprefix("aws://").partition("/")
    return (
        account if account.isdecimal() else None,
        region if region and not region.startswith("unknown-") else None,
    )


def _read_lone_template(path: Path) -> dict[str, Json]:
    template = parse_template(read_text(path, ReadBudget()), str(path))
    if "TrainingSpecification" in template and "Resources" not in template:
        # Treat a CreateAlgorithm request as a template with one algorithm.
        return {"Resources": {"Algorithm": {"Type": ALGORITHM_TYPE, "Properties": template}}}
    if not isinstance(template.get("Resources"), dict):
        raise InputError(
            f"{path}: neither a CloudFormation template (no Resources) nor a CreateAlgorithm request (no "
            "TrainingSpecification)"
        )
    return template
