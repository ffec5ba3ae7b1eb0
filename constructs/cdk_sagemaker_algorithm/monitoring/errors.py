"""Define the errors of reading algorithms and stacks."""

from __future__ import annotations


class MonitoringError(Exception):
    """A problem that the user can fix."""


class MissingStackError(MonitoringError):
    """The stack does not exist, or does not exist yet."""


class MissingAlgorithmError(MonitoringError):
    """The algorithm does not exist."""
