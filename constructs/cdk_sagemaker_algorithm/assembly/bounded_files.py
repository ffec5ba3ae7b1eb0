"""Open the files of an assembly, only inside its directory and up to a maximum size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cdk_sagemaker_algorithm.assembly.documents import parse_json, parse_template
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.model.json_access import Json
from cdk_sagemaker_algorithm.model.json_file import JsonFileError, decoded

_MAX_BYTES: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class AssemblyFiles:
    """Files of one directory of an assembly.

    Attributes:
        root: Outermost directory of the assembly; files outside of it are never opened.
        directory: Base directory of relative names: the root, or the directory of a nested assembly (stage).
    """

    root: Path
    directory: Path

    def path(self, name: str) -> Path:
        """Return the path of a file or directory.

        Args:
            name: Name relative to `directory`.

        Raises:
            InputError: If the path is outside of the assembly, including through a symbolic link.
        """
        path = self.directory / name
        try:
            inside = bool(name) and path.resolve().is_relative_to(self.root.resolve())
        except (OSError, ValueError, RuntimeError):
            inside = False
        if not inside:
            raise InputError(f"{self.directory}: refers to {name!r}, which is outside of the assembly")
        return path

    def inside(self, name: str) -> AssemblyFiles:
        """Return the files of a subdirectory."""
        return AssemblyFiles(self.root, self.path(name))

    def exists(self, name: str) -> bool:
        """Return whether the assembly contains a file."""
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

    Raises:
        InputError: If the path is not a regular file, is larger than 50 MB, or is neither UTF-8, UTF-16 nor UTF-32.
    """
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path}: larger than {_MAX_BYTES // 1_000_000} MB, so it is not a template")
        return decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot read the file: {error}") from error
    except JsonFileError as error:
        raise InputError(str(error)) from error
