"""Check CreateAlgorithm requests in JSON files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.check.excerpts import Excerpts
from cdk_sagemaker_algorithm.check.positions import Document, JsonSyntaxError, Position, read
from cdk_sagemaker_algorithm.model.json_file import JsonFileError, read_text
from cdk_sagemaker_algorithm.rules import check
from cdk_sagemaker_algorithm.rules.deployment import UNKNOWN_DEPLOYMENT, Deployment
from cdk_sagemaker_algorithm.rules.json_source import JSON_DUPLICATE_KEY, JSON_SYNTAX
from cdk_sagemaker_algorithm.rules.rule import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cdk_sagemaker_algorithm.rules import RuleFinding

# Identifies a request among the JSON files of a folder.
_REQUEST = re.compile(r'"training_?specification"', re.IGNORECASE)
_SKIPPED_FOLDERS = frozenset({"node_modules", "cdk.out", "__pycache__"})
STDIN = "-"
STDIN_NAME = "stdin"


class UnreadableError(Exception):
    """A file cannot be read as text."""


@dataclass(frozen=True, slots=True)
class Located:
    """A finding in a file.

    Attributes:
        file: File name as the user wrote it.
        position: Line and column.
        finding: The rule's finding.
        excerpt: The line, and a line with a caret below the column; empty if the line can contain a secret.
    """

    file: str
    position: Position
    finding: RuleFinding
    excerpt: tuple[str, ...] = ()


def request_files(names: Iterable[str]) -> list[str]:
    """Return the files to check: the named files, and the requests in the named folders.

    In a folder, files that end with ``.json`` and have a ``TrainingSpecification`` are requests. Hidden folders,
    ``node_modules`` and ``cdk.out`` are skipped.

    Args:
        names: Paths of files and folders, or ``-`` for standard input.

    Raises:
        UnreadableError: If a folder contains no request.
    """
    files: list[str] = []
    for name in names:
        if name == STDIN or not Path(name).is_dir():
            files.append(name)
            continue
        requests = sorted(str(path) for path in _json_files(Path(name)) if _is_request(path))
        if not requests:
            raise UnreadableError(
                f"{name}: no CreateAlgorithm request found; specify a JSON file or a folder that contains one"
            )
        files += requests
    return list(dict.fromkeys(files))


def _json_files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED_FOLDERS and not name.startswith(".")]
        yield from (Path(root, file) for file in files if file.endswith(".json"))


def _is_request(path: Path) -> bool:
    try:
        return _REQUEST.search(read_text(str(path))) is not None
    except JsonFileError:
        # Keep the file, so that the check reports that it is unreadable.
        return True


def check_file(
    name: str, acknowledged: Mapping[str, str], deployment: Deployment = UNKNOWN_DEPLOYMENT
) -> list[Located]:
    """Check one file.

    Args:
        name: Path, or ``-`` for standard input.
        acknowledged: Rules to skip, with reasons.
        deployment: Account, region and other facts of the deployment, if available.

    Returns:
        The findings, from the top of the file down.

    Raises:
        UnreadableError: If the file cannot be read as text.
    """
    shown = STDIN_NAME if name == STDIN else name
    return check_text(_text(name), shown, acknowledged, deployment)


def check_text(
    text: str, name: str, acknowledged: Mapping[str, str], deployment: Deployment = UNKNOWN_DEPLOYMENT
) -> list[Located]:
    """Check the text of a file.

    Args:
        text: A CreateAlgorithm request as JSON.
        name: File name for the findings.
        acknowledged: Rules to skip, with reasons.
        deployment: Account, region and other facts of the deployment, if available.
    """
    try:
        document = read(text)
    except JsonSyntaxError as error:
        finding = JSON_SYNTAX.finding(Problem((), f"is not JSON: {error}"))
        return [Located(name, Document(text).position(error.offset), finding)]
    findings = check(document.value, acknowledged=acknowledged, name_required=True, deployment=deployment)
    hits = [
        *_duplicates(document, name, acknowledged),
        *(Located(name, document.locate(finding), finding) for finding in findings),
    ]
    excerpts = Excerpts(document) if hits else None
    located = [replace(hit, excerpt=excerpts.at(hit.position)) for hit in hits] if excerpts else []
    return sorted(located, key=lambda hit: hit.position)


def _duplicates(document: Document, name: str, acknowledged: Mapping[str, str]) -> Iterator[Located]:
    if JSON_DUPLICATE_KEY.id in acknowledged or JSON_DUPLICATE_KEY.name in acknowledged:
        return
    for path, offset in document.duplicates:
        finding = JSON_DUPLICATE_KEY.finding(Problem(path, "is a duplicate key; remove one of the two"))
        yield Located(name, document.position(offset), finding)


def _text(name: str) -> str:
    try:
        return read_text(name)
    except JsonFileError as error:
        raise UnreadableError(str(error)) from None
