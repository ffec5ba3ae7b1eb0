"""Requests and answers as JSON carries them."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
