"""Open the files of an assembly, only inside its directory and up to a maximum size."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cdk_sagemaker_algorithm.assembly.documents import parse_json, parse_template
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.read_limits import ReadBudget
from cdk_sagemaker_algorithm.model.json_access import Json
from cdk_sagemaker_algorithm.model.json_file import JsonFileError, decoded


@dataclass(frozen=True, slots=True)
class AssemblyFiles:
    """Files of one directory of an assembly.

    Attributes:
        root: Outermost directory of the assembly; files outside of it are never opened.
        directory: Base directory of relative names: the root, or the directory of a nested assembly (stage).
        budget: What was read so far, nested assemblies included.
    """

    root: Path
    directory: Path
    budget: ReadBudget = field(default_factory=ReadBudget, compare=False, repr=False)

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
        return AssemblyFiles(self.root, self.path(name), self.budget)

    def exists(self, name: str) -> bool:
        """Return whether the assembly contains a file."""
        return self.path(name).is_file()

    def read_json(self, name: str) -> dict[str, Json]:
        """Parse a JSON file of the assembly."""
        path = self.path(name)
        return parse_json(read_text(path, self.budget), str(path))

    def read_template(self, name: str) -> dict[str, Json]:
        """Parse a template of the assembly, in JSON or YAML."""
        path = self.path(name)
        return parse_template(read_text(path, self.budget), str(path))


def read_text(path: Path, budget: ReadBudget) -> str:
    """Read a text file.

    Args:
        path: File to read.
        budget: Limits of the files to read.

    Raises:
        InputError: If the path is not a regular file, exceeds the limits, or is neither UTF-8, UTF-16 nor UTF-32.
    """
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        budget.take(path.stat().st_size, str(path))
        return decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot read the file: {error}") from error
    except JsonFileError as error:
        raise InputError(str(error)) from error
