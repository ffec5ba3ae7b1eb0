"""Limit size, depth and number of the files that an untrusted assembly makes a command read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cdk_sagemaker_algorithm.assembly.errors import InputError

#: Templates stay far below: CloudFormation accepts 1 MB of text, with intrinsic functions nested a few levels.
MAX_DEPTH: Final = 100
MAX_VALUES: Final = 1_000_000
_MAX_FILE_BYTES: Final = 50_000_000
# An app of 100 stacks with metadata stays far below. A few files that name each other could be read without end.
_MAX_BYTES: Final = 200_000_000
_MAX_FILES: Final = 2_000


@dataclass(slots=True)
class ReadBudget:
    """Files and bytes that were read for one assembly."""

    files: int = 0
    size: int = 0

    def take(self, size: int, where: str) -> None:
        """Count a file before it is read.

        Args:
            size: Size of the file in bytes.
            where: Name of the file for error messages.

        Raises:
            InputError: If the file is larger than 50 MB, or the assembly has more than 2,000 files or 200 MB to read.
        """
        self.files += 1
        self.size += size
        if size > _MAX_FILE_BYTES:
            raise InputError(f"{where}: larger than {_MAX_FILE_BYTES // 1_000_000} MB, so it is not a template")
        if self.files > _MAX_FILES or self.size > _MAX_BYTES:
            raise InputError(
                f"{where}: the assembly makes this command read more than {_MAX_FILES:,} files or "
                f"{_MAX_BYTES // 1_000_000} MB, the limit; compare fewer stacks at once"
            )


def check_limits(value: object, where: str) -> None:
    """Check depth and size of a parsed document; a document that contains itself exceeds the depth.

    Args:
        value: Parsed document.
        where: File name or location for error messages.

    Raises:
        InputError: If the document exceeds `MAX_DEPTH` or `MAX_VALUES`.
    """
    level, count = [value], 0
    for _ in range(MAX_DEPTH + 1):
        children: list[object] = []
        for item in level:
            if isinstance(item, dict):
                children += item.values()  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
            elif isinstance(item, list):
                children += item  # pyright: ignore[reportUnknownArgumentType]
        count += len(children)
        if count > MAX_VALUES:
            raise InputError(f"{where}: more than {MAX_VALUES:,} values; CloudFormation templates have a few thousand")
        if not children:
            return
        level = children
    raise too_deep(where)


def too_deep(where: str) -> InputError:
    """Return the error about a document that is nested too deeply.

    Args:
        where: File name or location for the message.
    """
    return InputError(f"{where}: nested deeper than {MAX_DEPTH} levels; CloudFormation rejects such templates")
