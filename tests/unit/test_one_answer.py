"""Names that the constructs, the tools and the handler share are written down once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm_provider.contract import ownership_tags, resource_schema
from tests.support.pages import ROOT

#: The emulator's Python, which runs this module, has no contract.
APART = {"emulator_process.py"}
SOURCES = [
    file for root in ("constructs", "lambda") for file in sorted((ROOT / root).rglob("*.py")) if file.name not in APART
]
SCHEMA = "resource_schema.py"
TAGS = "ownership_tags.py"
#: Our own properties and tags; the names of SageMaker's fields are written as in the API, wherever a request is read.
NAMES = {
    resource_schema.ALGORITHM_TYPE: SCHEMA,
    resource_schema.VALIDATION_TYPE: SCHEMA,
    resource_schema.SERVICE_TOKEN: SCHEMA,
    resource_schema.SERVICE_TIMEOUT: SCHEMA,
    resource_schema.ALGORITHM_NAME_PREFIX: SCHEMA,
    resource_schema.REVISION: SCHEMA,
    resource_schema.WAIT_FOR_VALIDATION: SCHEMA,
    resource_schema.RETAIN_FAILED: SCHEMA,
    resource_schema.WAIT_INDEX: SCHEMA,
    resource_schema.WAIT_COUNT: SCHEMA,
    resource_schema.VALIDATION_TIMEOUT: SCHEMA,
    ownership_tags.STACK_TAG: TAGS,
    ownership_tags.ADOPTER_TAG: TAGS,
    ownership_tags.RETAINED_TAG: TAGS,
}


def literals(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_shared_names_are_literals_of_one_module_only() -> None:
    elsewhere = {
        f"{file.relative_to(ROOT)}: {text}"
        for file in SOURCES
        for text in literals(file)
        if NAMES.get(text, file.name) != file.name
    }

    assert elsewhere == set()


@pytest.mark.parametrize("folder", ["constructs", "lambda"])
def test_no_two_classes_have_one_name(folder: str) -> None:
    names: dict[str, list[str]] = {}
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                names.setdefault(node.name.removeprefix("_"), []).append(file.name)

    assert {name: files for name, files in names.items() if len(files) > 1} == {}
