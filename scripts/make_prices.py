"""Generate a price file for `diff --prices` from the AWS Price List.

Download the offer file of a region, which needs no credentials, and convert it:

    curl -O https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonSageMaker/current/us-east-1/index.json
    python scripts/make_prices.py index.json --region us-east-1 > prices.json

A price is that of the usage types `Train:ml.…` and `Tsform:ml.…`, with a prefix for the region such as `USE1-`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

_USAGE = re.compile(r"(?:[A-Z0-9]+-)?(?P<kind>Train|Tsform):(?P<type>ml\.[\w.-]+)")
_KINDS = {"Train": "training", "Tsform": "transform"}


def convert(offer: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Convert an offer file of the AWS Price List.

    Args:
        offer: The parsed file.
        region: The region to take the prices of.

    Returns:
        The price file's content.

    Raises:
        SystemExit: The file has no prices for the region, or two for one instance type.
    """
    found: dict[str, dict[str, Decimal]] = {"training": {}, "transform": {}}
    currencies: set[str] = set()
    for sku, product in offer["products"].items():
        attributes = product["attributes"]
        usage = _USAGE.fullmatch(str(attributes.get("usagetype", "")))
        if usage is None or attributes.get("regionCode", region) != region:
            continue
        for currency, price in _prices(offer["terms"].get("OnDemand", {}).get(sku, {})):
            known = found[_KINDS[usage["kind"]]].setdefault(usage["type"], price)
            if known != price:
                sys.exit(f"{usage[0]}: two prices, {known} and {price}")
            currencies.add(currency)
    if len(currencies) != 1:
        sys.exit(f"expected prices in one currency for {region}, found {', '.join(sorted(currencies)) or 'none'}")
    return {
        "currency": currencies.pop(),
        "region": region,
        "date": str(offer["publicationDate"])[:10],
        "source": f"AWS Price List, AmazonSageMaker, version {offer.get('version', '?')}",
        "perHour": {
            kind: {name: float(price) for name, price in sorted(prices.items())} for kind, prices in found.items()
        },
    }


def _prices(terms: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    for term in terms.values():
        for dimension in term["priceDimensions"].values():
            if dimension.get("unit", "").lower() in ("hrs", "hour", "hours"):
                for currency, price in dimension["pricePerUnit"].items():
                    yield currency, Decimal(price)


def main() -> None:
    """Read the offer file and print the price file."""
    parser = argparse.ArgumentParser(description="Make a price file for `cdk-sagemaker-algorithm diff --prices`.")
    parser.add_argument("offer", type=Path, help="index.json of the offer AmazonSageMaker in a region")
    parser.add_argument("--region", required=True, help="the region, such as us-east-1")
    given = parser.parse_args()
    offer = json.loads(given.offer.read_text(encoding="utf-8"))
    print(json.dumps(convert(offer, given.region), indent=2))


if __name__ == "__main__":
    main()
