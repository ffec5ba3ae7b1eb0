"""Read JSON files, whichever of JSON's encodings they have.

Editors and shells on Windows write UTF-8 with a byte order mark, or UTF-16. Every command reads the same files.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "stdin"


class JsonFileError(ValueError):
    """A file that cannot be read, or is not JSON. The message starts with the file, and the line where it has one."""


def shown(name: str) -> str:
    """Return a file's name as messages show it.

    Args:
        name: Its path, or ``-`` for standard input.
    """
    return STANDARD_INPUT_NAME if name == STANDARD_INPUT else name


def read_text(name: str) -> str:
    """Return the text of a JSON file.

    Args:
        name: Its path, or ``-`` for standard input.

    Raises:
        JsonFileError: If the file cannot be read, or is neither UTF-8, UTF-16 nor UTF-32.
    """
    try:
        raw = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise JsonFileError(f"{name}: {reason}; give the path of a JSON file, or - for standard input") from None
    return decoded(raw, shown(name))


def decoded(raw: bytes, where: str) -> str:
    """Return the text of a JSON file's content, without a byte order mark.

    Args:
        raw: The content.
        where: What errors call its source.

    Raises:
        JsonFileError: If the content is neither UTF-8, UTF-16 nor UTF-32.
    """
    try:
        return raw.decode(json.detect_encoding(raw))
    except UnicodeDecodeError as error:
        raise JsonFileError(f"{where}: byte {error.start} is not UTF-8; save the file as UTF-8") from None


def parse_object(text: str, where: str) -> dict[str, Any]:
    """Return the JSON object of a text.

    Args:
        text: The JSON.
        where: What errors call its source.

    Raises:
        JsonFileError: If the text is not JSON, is nested too deeply, or is not an object.
    """
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise JsonFileError(f"{where}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    except RecursionError:
        raise JsonFileError(f"{where}: nested too deeply for a request") from None
    if not isinstance(value, dict):
        raise JsonFileError(f"{where}: a CreateAlgorithm request is a JSON object, this is a {type(value).__name__}")
    return value  # pyright: ignore[reportUnknownVariableType] (JSON)
