"""Prices of SageMaker jobs, from a file that the user gives.

`scripts/make_prices.py` makes the file from the AWS Price List. Prices are never guessed: a type without one is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Final, cast

#: The kinds of jobs that a validation runs.
KINDS: Final = ("training", "transform")
_CENT: Final = Decimal("0.01")


class PriceFileError(ValueError):
    """A price file cannot be read; the message names the file, the problem and the fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices per instance-hour.

    Attributes:
        currency: ISO 4217 code, such as `USD`.
        region: The region that the prices are for.
        date: The date of the prices, such as `2026-11-01`.
        source: Where they come from; empty if the file does not say it.
        per_hour: Price by kind of job, then by instance type.
    """

    currency: str
    region: str
    date: str
    source: str = ""
    per_hour: Mapping[str, Mapping[str, Decimal]]

    def of(self, kind: str, instance_type: str) -> Decimal | None:
        """The price of an instance-hour; None if the file has none.

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
class Use:
    """Instances that a job uses.

    Attributes:
        kind: `training` or `transform`.
        instance_type: Such as `ml.m5.large`; empty or deploy-time values have no price.
        hours: Instance-hours at most; None if nothing limits them.
        instances: The instances that run at the same time; counts if nothing limits the hours.
        region: The region that the job runs in; None if not known.
    """

    kind: str
    instance_type: str
    hours: float | None
    instances: int = 1
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What uses cost.

    Attributes:
        currency: ISO 4217 code.
        total: The uses that have a limit and a price; None if there are none.
        hourly: What an hour of the uses costs that have a price and no limit; None if there are none.
        missing: Kind and instance type, or region, of the uses that have no price.
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
    """An amount with two decimals; a fraction of a cent counts as one cent."""
    return f"{max(amount.quantize(_CENT, ROUND_HALF_UP), _CENT if amount else Decimal(0)):,.2f}"


def amount(prices: Prices, uses: Iterable[Use]) -> Amount:
    """What uses cost at most.

    Args:
        prices: The prices.
        uses: The instances.
    """
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
        PriceFileError: The file cannot be read, or does not have this form.
    """
    try:
        content: object = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal, parse_int=Decimal)
    except OSError as error:
        raise PriceFileError(f"{path}: cannot be read: {error.strerror or error}") from error
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
