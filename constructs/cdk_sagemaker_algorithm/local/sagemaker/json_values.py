"""Type of JSON objects in requests and responses."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
