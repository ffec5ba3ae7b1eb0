"""Compute the price of SageMaker jobs from a price file.

`scripts/make_prices.py` generates the file from the AWS Price List. Prices are never guessed: instance types without a
price are listed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Final, cast

from cdk_sagemaker_algorithm.model.json_file import JsonFileError, read_text

#: Kinds of validation jobs.
KINDS: Final = ("training", "transform")
_CENT: Final = Decimal("0.01")


class PriceFileError(ValueError):
    """A price file is unreadable or invalid; the message names the file, the problem and the fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices per instance-hour.

    Attributes:
        currency: ISO 4217 code, such as `USD`.
        region: AWS region of the prices.
        date: Date of the prices, such as `2026-11-01`.
        source: Origin of the prices; empty if the file has none.
        per_hour: Price by kind of job, then by instance type.
    """

    currency: str
    region: str
    date: str
    source: str = ""
    per_hour: Mapping[str, Mapping[str, Decimal]]

    def of(self, kind: str, instance_type: str) -> Decimal | None:
        """Return the price of an instance-hour; None if the file has none.

        Args:
            kind: `training` or `transform`.
            instance_type: Such as `ml.m5.large`.
        """
        return self.per_hour.get(kind, {}).get(instance_type)

    @property
    def origin(self) -> str:
        """Currency, region and date in one line."""
        return f"prices in {self.currency} for {self.region} as of {self.date}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceUse:
    """The instances of a job.

    Attributes:
        kind: `training` or `transform`.
        instance_type: Such as `ml.m5.large`; empty or deploy-time values have no price.
        hours: Maximum instance-hours; None if the job is unbounded.
        instances: Instances that run at the same time; used if the job is unbounded.
        region: AWS region of the job; None if unknown.
    """

    kind: str
    instance_type: str
    hours: float | None
    instances: int = 1
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """The maximum cost of jobs.

    Attributes:
        currency: ISO 4217 code.
        total: Cost of the bounded jobs that have a price; None if there are none.
        hourly: Cost per hour of the unbounded jobs that have a price; None if there are none.
        missing: Kind and instance type, or region, of the jobs without a price.
    """

    currency: str
    total: Decimal | None
    hourly: Decimal | None = None
    missing: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The amount in one line, such as `up to 1.38 USD, no price for training on ml.x9.large`."""
        parts: list[str] = []
        if self.total is not None:
            parts.append(f"up to {money(self.total)} {self.currency}")
        if self.hourly is not None:
            parts.append(
                f"{'plus ' if parts else ''}{self.hourly.normalize():f} {self.currency} an hour without a limit"
            )
        if self.missing:
            parts.append(f"no price for {', '.join(self.missing)}")
        return ", ".join(parts)


def money(amount: Decimal) -> str:
    """Return an amount with two decimals, rounded up."""
    return f"{max(amount.quantize(_CENT, ROUND_HALF_UP), _CENT if amount else Decimal(0)):,.2f}"


def amount(prices: Prices, uses: Iterable[InstanceUse]) -> Amount:
    """Return the maximum cost of jobs."""
    total: Decimal | None = None
    hourly: Decimal | None = None
    missing: dict[str, None] = {}
    for use in uses:
        price = prices.of(use.kind, use.instance_type)
        if use.region not in (None, prices.region):
            missing[f"{use.region} (the prices are for {prices.region})"] = None
        elif price is None:
            missing[f"{use.kind} on {use.instance_type or 'an unknown instance type'}"] = None
        elif use.hours is None:
            hourly = (hourly or Decimal(0)) + price * use.instances
        else:
            total = (total or Decimal(0)) + price * Decimal(str(use.hours))
    return Amount(currency=prices.currency, total=total, hourly=hourly, missing=tuple(missing))


def load_prices(path: Path) -> Prices:
    """Read a price file.

    Args:
        path: A JSON file with `currency`, `region`, `date` and `perHour`; docs/diff.md describes it.

    Raises:
        PriceFileError: If the file is unreadable or invalid.
    """
    try:
        content: object = json.loads(read_text(str(path)), parse_float=Decimal, parse_int=Decimal)
    except JsonFileError as error:
        raise PriceFileError(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise PriceFileError(f"{path}: is not JSON: {error}") from error
    fields = _members(content)
    texts = {name: fields.get(name) for name in ("currency", "region", "date")}
    for name, value in texts.items():
        if not isinstance(value, str) or not value:
            raise PriceFileError(f"{path}: {name} is missing; expected a text, such as {_EXAMPLES[name]!r}")
    per_hour = {kind: _table(path, kind, fields) for kind in KINDS}
    if not any(per_hour.values()):
        raise PriceFileError(f"{path}: perHour has no prices; expected members {' and '.join(KINDS)}")
    return Prices(
        currency=str(texts["currency"]),
        region=str(texts["region"]),
        date=str(texts["date"]),
        source=str(fields.get("source") or ""),
        per_hour=per_hour,
    )


_EXAMPLES: Final = {"currency": "USD", "region": "us-east-1", "date": "2026-11-01"}


def _table(path: Path, kind: str, fields: Mapping[str, object]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for name, price in _members(_members(fields.get("perHour")).get(kind)).items():
        if not isinstance(price, Decimal) or not price.is_finite() or price < 0:
            raise PriceFileError(f"{path}: perHour.{kind}.{name}: expected a number of at least 0")
        found[name] = price
    return found


def _members(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
