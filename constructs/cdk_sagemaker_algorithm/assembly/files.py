"""The only place that opens files of an assembly: within its directory, and up to a size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cdk_sagemaker_algorithm.assembly.documents import parse_json, parse_template
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.model.json_tree import Json

_MAX_BYTES: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class AssemblyFiles:
    """Files of one directory of an assembly.

    Attributes:
        root: The outermost directory of the assembly; no file outside of it is opened.
        directory: The directory that names are relative to: the root, or that of a nested assembly (stage).
    """

    root: Path
    directory: Path

    def path(self, name: str) -> Path:
        """The file or directory of that name.

        Args:
            name: The name, relative to the directory.

        Raises:
            InputError: It is outside of the assembly, also by a symbolic link.
        """
        path = self.directory / name
        try:
            inside = bool(name) and path.resolve().is_relative_to(self.root.resolve())
        except (OSError, ValueError, RuntimeError):
            inside = False
        if not inside:
            raise InputError(f"{self.directory}: names the file {name!r}, which is not inside of the assembly")
        return path

    def inside(self, name: str) -> AssemblyFiles:
        """The files of a directory within this one."""
        return AssemblyFiles(self.root, self.path(name))

    def exists(self, name: str) -> bool:
        """Whether a file of that name is in the assembly."""
        return self.path(name).is_file()

    def read_json(self, name: str) -> dict[str, Json]:
        """Parse a JSON file of the assembly."""
        path = self.path(name)
        return parse_json(read_text(path), str(path))

    def read_template(self, name: str) -> dict[str, Json]:
        """Parse a template of the assembly, in JSON or YAML."""
        path = self.path(name)
        return parse_template(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Read a text file.

    Args:
        path: The file.

    Raises:
        InputError: It is not a regular file, is larger than 50 MB, or is not UTF-8.
    """
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path}: larger than {_MAX_BYTES // 1_000_000} MB, so it is no template")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
