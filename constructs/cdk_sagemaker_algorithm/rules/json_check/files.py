"""Checks CreateAlgorithm requests in JSON files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.model.json_file import JsonFileError, read_text
from cdk_sagemaker_algorithm.rules import Level, check
from cdk_sagemaker_algorithm.rules.json_check.positions import Document, JsonSyntaxError, Position, read
from cdk_sagemaker_algorithm.rules.json_file import JSON_DUPLICATE_KEY, JSON_SYNTAX
from cdk_sagemaker_algorithm.rules.rule import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cdk_sagemaker_algorithm.rules import Finding

STDIN = "-"
STDIN_NAME = "stdin"


class UnreadableError(Exception):
    """A file that cannot be read as text."""


@dataclass(frozen=True, slots=True)
class Located:
    """A finding in a file.

    Attributes:
        file: The file's name as it was given.
        position: Where in the file.
        finding: What was found.
    """

    file: str
    position: Position
    finding: Finding


def check_file(name: str, acknowledged: Mapping[str, str]) -> list[Located]:
    """Check one file.

    Args:
        name: Its path, or ``-`` for standard input.
        acknowledged: Rules to pass over, with reasons.

    Returns:
        The findings, from the top of the file down.

    Raises:
        UnreadableError: It cannot be read as text.
    """
    shown = STDIN_NAME if name == STDIN else name
    return check_text(_text(name), shown, acknowledged)


def check_text(text: str, name: str, acknowledged: Mapping[str, str]) -> list[Located]:
    """Check the text of a file.

    Args:
        text: What is in it.
        name: Its name.
        acknowledged: Rules to pass over, with reasons.
    """
    try:
        document = read(text)
    except JsonSyntaxError as error:
        finding = JSON_SYNTAX.finding(Report((), f"is not JSON: {error}"))
        return [Located(name, Document(text).position(error.offset), finding)]
    findings = check(document.value, acknowledged=acknowledged, name_required=True)
    found = [
        *_duplicates(document, name, acknowledged),
        *(Located(name, document.locate(each), each) for each in findings),
    ]
    return sorted(found, key=lambda each: each.position)


def count(found: Iterable[Located], level: Level) -> int:
    """How many findings are of a level."""
    return sum(each.finding.level is level for each in found)


def _duplicates(document: Document, name: str, acknowledged: Mapping[str, str]) -> Iterator[Located]:
    if JSON_DUPLICATE_KEY.id in acknowledged or JSON_DUPLICATE_KEY.name in acknowledged:
        return
    for path, offset in document.duplicates:
        finding = JSON_DUPLICATE_KEY.finding(Report(path, "is there already; leave one of the two out"))
        yield Located(name, document.position(offset), finding)


def _text(name: str) -> str:
    try:
        return read_text(name)
    except JsonFileError as error:
        raise UnreadableError(str(error)) from None
