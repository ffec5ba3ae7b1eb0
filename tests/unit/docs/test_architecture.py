"""The pages for contributors name modules, folders and constants that exist."""

from __future__ import annotations

import re

import pytest

from tests.support.pages import ROOT

LIBRARY = ROOT / "constructs" / "cdk_sagemaker_algorithm"
HANDLER = ROOT / "lambda" / "cdk_sagemaker_algorithm_provider"
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILE = re.compile(r"`((?:[a-z_]+/)*[a-z_]+\.py)`")
FOLDER = re.compile(r"`((?:[a-z_]+/)+)`")
CONSTANT = re.compile(r"`([A-Z][A-Z_]{3,})`")


@pytest.mark.parametrize("page", [ARCHITECTURE, CONTRIBUTING], ids=["architecture", "contributing"])
@pytest.mark.parametrize("pattern", [FILE, FOLDER], ids=["files", "folders"])
def test_what_a_page_names_is_there(page: str, pattern: re.Pattern[str]) -> None:
    names = set(pattern.findall(page))

    assert names
    assert {name for name in names if not any((root / name).exists() for root in (ROOT, LIBRARY, HANDLER))} == set()


def test_constants_of_contributing_are_there() -> None:
    sources = "".join(
        file.read_text(encoding="utf-8")
        for folder in (LIBRARY, HANDLER, ROOT / "tests")
        for file in folder.rglob("*.py")
    )

    assert {name for name in CONSTANT.findall(CONTRIBUTING) if not re.search(rf"\b{name}\b", sources)} == set()


def test_each_folder_of_the_library_has_a_row() -> None:
    folders = {path.name for path in LIBRARY.iterdir() if (path / "__init__.py").is_file()}
    rows = set(re.findall(r"^\| `(?:…|constructs/cdk_sagemaker_algorithm)/([a-z_]+)/` \|", ARCHITECTURE, re.MULTILINE))

    assert rows - {"contract"} == folders
