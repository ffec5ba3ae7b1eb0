"""Requests in files, of the kinds that people write: from the console, for Terraform, for the Marketplace."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "data" / "requests"

#: Requests that SageMaker accepts, as far as its documentation says.
VALID = sorted((_FOLDER / "valid").glob("*.json"))
#: Requests with one mistake each, named by the file.
INVALID = sorted((_FOLDER / "invalid").glob("*.json"))
