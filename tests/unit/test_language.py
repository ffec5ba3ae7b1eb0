"""Docstrings and texts of the code avoid the words that the documentation avoids."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.pages import ROOT
from tests.unit.docs.test_words import WORD_PATTERN

ROOTS = ("constructs/cdk_sagemaker_algorithm", "lambda/cdk_sagemaker_algorithm_provider")


def package_of(file: Path) -> str:
    """Name the folder below one of the roots."""
    root = next(ROOT / name for name in ROOTS if file.is_relative_to(ROOT / name))
    parts = file.relative_to(root).parts
    return f"{root.name}/{parts[0]}" if len(parts) > 1 else root.name


def words_to_avoid(file: Path) -> list[str]:
    """Find the words in docstrings and texts of a file, with their lines."""
    return [
        f"line {node.lineno + node.value.count(chr(10), 0, match.start())}: {match.group()}"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for match in WORD_PATTERN.finditer(node.value)
    ]


FILES = sorted(file for root in ROOTS for file in (ROOT / root).rglob("*.py"))
PACKAGES = sorted({package_of(file) for file in FILES})


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_avoids_the_words(package: str) -> None:
    words = {file.name: words_to_avoid(file) for file in FILES if package_of(file) == package}
    assert {name: lines for name, lines in words.items() if lines} == {}


def test_words_are_found_in_docstrings_and_texts(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text('"""Do it.\n\nNobody knows."""\n\nTEXT = f"{1} goes on"\nname = 1  # whoever\n', encoding="utf-8")

    assert words_to_avoid(file) == ["line 3: Nobody", "line 5: goes on"]


#: An entry of a docstring that repeats the name, as in `job: The job.`
REPEATED = re.compile(r"^ +(\w+): (?:The|An?|Its) \1s?\.$", re.MULTILINE)


def test_no_entry_of_a_docstring_repeats_the_name() -> None:
    library = [file for file in FILES if file.is_relative_to(ROOT / ROOTS[0])]
    assert REPEATED.search("    Args:\n        job: The job.\n")
    assert [file.name for file in library if REPEATED.search(file.read_text(encoding="utf-8"))] == []


SOURCES = [
    file
    for folder in ("constructs", "examples", "lambda", "scripts", "stacks", "tests")
    for file in sorted((ROOT / folder).rglob("*.py"))
]
SUPPRESSION = re.compile(r"# noqa: [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)*(?P<reason> - \S)?")


def test_each_suppression_gives_its_reason_in_one_style() -> None:
    bare = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in SOURCES
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if (match := SUPPRESSION.search(line)) and not match["reason"] and not line.startswith("# ruff:")
    ]

    assert bare == []
