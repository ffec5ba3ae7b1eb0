"""What can go wrong while looking, in words for people."""

from __future__ import annotations


class MonitoringError(Exception):
    """Something that a person can mend."""


class MissingStackError(MonitoringError):
    """There is no stack of that name, or not yet."""


class MissingAlgorithmError(MonitoringError):
    """There is no algorithm of that name."""
