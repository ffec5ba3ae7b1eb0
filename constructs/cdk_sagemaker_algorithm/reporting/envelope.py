"""The envelope of every JSON output.

`schemaVersion` is ``MAJOR.MINOR``: MAJOR changes when a reader of the old form would misread the new one, MINOR when
members are added. Readers must ignore members that they do not know. `kind` names the schema.
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
        kind: What the output is, such as ``check`` or ``status``.
        members: The output's own members, in their order.
    """
    return {
        "schemaVersion": SCHEMA_VERSION,
        "kind": kind,
        "tool": {"name": PROGRAM, "version": version(PROGRAM)},
        "time": iso_time(datetime.now(UTC)),
        **members,
    }


def to_text(value: object) -> str:
    """Return JSON text, indented, with its letters as they are.

    Args:
        value: A JSON value.
    """
    return json.dumps(value, indent=2, ensure_ascii=False)


def iso_time(time: datetime | float | None) -> str | None:
    """Return a time in ISO 8601, in UTC, with milliseconds; None for no time.

    Args:
        time: A time with its zone, or seconds since 1970.
    """
    if time is None:
        return None
    moment = time if isinstance(time, datetime) else datetime.fromtimestamp(time, UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
