"""What can go wrong while looking, in words for people."""

from __future__ import annotations


class MonitoringError(Exception):
    """A problem that the user can fix."""


class MissingStackError(MonitoringError):
    """There is no stack of that name, or not yet."""


class MissingAlgorithmError(MonitoringError):
    """There is no algorithm of that name."""
