"""Add the common members to JSON output.

`schemaVersion` is ``MAJOR.MINOR``. MAJOR changes on breaking schema changes, MINOR when members are added. Readers must
ignore unknown members. `kind` names the schema.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

PROGRAM: Final = "cdk-sagemaker-algorithm"
SCHEMA_VERSION: Final = "1.0"


def envelope(kind: str, **members: Any) -> dict[str, Any]:
    """Return a JSON object with the members that every output has.

    Args:
        kind: Name of the schema, such as ``check`` or ``status``.
        members: Further members, in the order of the output.
    """
    return {
        "schemaVersion": SCHEMA_VERSION,
        "kind": kind,
        "tool": {"name": PROGRAM, "version": version(PROGRAM)},
        "time": iso_time(datetime.now(UTC)),
        **members,
    }


def to_text(value: object) -> str:
    """Return indented JSON text; non-ASCII letters are not escaped."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def iso_time(time: datetime | float | None) -> str | None:
    """Return a time in ISO 8601, in UTC, with milliseconds; None if there is no time.

    Args:
        time: A time with its zone, or seconds since 1970.
    """
    if time is None:
        return None
    moment = time if isinstance(time, datetime) else datetime.fromtimestamp(time, UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
