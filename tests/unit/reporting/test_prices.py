"""Prices: from the AWS Price List to an amount; instance types without a price are named."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_algorithm.reporting.prices import InstanceUse, PriceFileError, Prices, amount, load_prices, money

Json = Any
SCRIPT = Path(__file__).parents[3] / "scripts" / "make_prices.py"
PRICES = Prices(
    currency="USD",
    region="us-east-1",
    date="2026-11-01",
    per_hour={"training": {"ml.m5.large": Decimal("0.115")}, "transform": {"ml.m5.large": Decimal("0.12")}},
)


def test_an_amount() -> None:
    found = amount(PRICES, [InstanceUse(kind="training", instance_type="ml.m5.large", hours=3.0, region="us-east-1")])
    assert (found.total, found.text) == (Decimal("0.3450"), "up to 0.35 USD")


def test_what_nothing_limits_and_what_has_no_price_is_named() -> None:
    found = amount(
        PRICES,
        [
            InstanceUse(kind="training", instance_type="ml.m5.large", hours=1.0),
            InstanceUse(kind="transform", instance_type="ml.m5.large", hours=None, instances=2),
            InstanceUse(kind="transform", instance_type="ml.m5.large", hours=None),
            InstanceUse(kind="training", instance_type="ml.x9.large", hours=1.0),
            InstanceUse(kind="training", instance_type="", hours=1.0),
            InstanceUse(kind="training", instance_type="ml.m5.large", hours=1.0, region="eu-west-1"),
        ],
    )
    assert found.text == (
        "up to 0.12 USD, plus 0.36 USD an hour without a limit, no price for training on ml.x9.large, "
        "training on an unknown instance type, eu-west-1 (the prices are for us-east-1)"
    )


def test_without_jobs_there_is_no_amount() -> None:
    assert amount(PRICES, []).text == ""


@pytest.mark.parametrize(
    ("value", "text"), [("0", "0.00"), ("0.0001", "0.01"), ("0.345", "0.35"), ("1234.5", "1,234.50")]
)
def test_money(value: str, text: str) -> None:
    assert money(Decimal(value)) == text


def offer() -> Json:
    def product(usage: str, region: str = "us-east-1") -> Json:
        return {"attributes": {"usagetype": usage, "regionCode": region}}

    def term(price: str, unit: str = "Hrs") -> Json:
        return {"t": {"priceDimensions": {"d": {"unit": unit, "pricePerUnit": {"USD": price}}}}}

    return {
        "publicationDate": "2026-11-01T00:00:00Z",
        "version": "20261101",
        "products": {
            "A": product("USE1-Train:ml.m5.large"),
            "B": product("USE1-Tsform:ml.m5.large"),
            "C": product("USE1-Host:ml.m5.large"),
            "D": product("EU-Train:ml.m5.large", "eu-west-1"),
            "E": product("USE1-Train:VolumeUsage.gp2"),
        },
        "terms": {
            "OnDemand": {
                "A": term("0.1150000000"),
                "B": term("0.12"),
                "C": term("9"),
                "D": term("9"),
                "E": term("0.14", "GB-Mo"),
            }
        },
    }


def convert(tmp_path: Path, content: Json) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "index.json"
    path.write_text(json.dumps(content))
    command = [sys.executable, str(SCRIPT), str(path), "--region", "us-east-1"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_price_list_becomes_a_price_file(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text(convert(tmp_path, offer()).stdout)
    found = load_prices(file)
    assert (found.currency, found.region, found.date) == ("USD", "us-east-1", "2026-11-01")
    assert found.source == "AWS Price List, AmazonSageMaker, version 20261101"
    assert found.per_hour == PRICES.per_hour


def test_a_price_list_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    content = offer()
    content["products"]["F"] = content["products"]["A"]
    content["terms"]["OnDemand"]["F"] = {
        "t": {"priceDimensions": {"d": {"unit": "Hrs", "pricePerUnit": {"USD": "0.2"}}}}
    }
    done = convert(tmp_path, content)
    assert done.returncode == 1
    assert "USE1-Train:ml.m5.large: two prices, 0.1150000000 and 0.2" in done.stderr
    assert convert(tmp_path, {**offer(), "products": {}}).returncode == 1


GOOD = {
    "currency": "USD",
    "region": "us-east-1",
    "date": "2026-11-01",
    "perHour": {"training": {"ml.m5.large": 0.115}},
}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "currency is missing; expected a text, such as 'USD'"),
        (json.dumps({**GOOD, "date": 20261101}), "date is missing"),
        (json.dumps({**GOOD, "perHour": {}}), "perHour has no prices; expected members training and transform"),
        (json.dumps({**GOOD, "perHour": {"training": {"ml.m5.large": "0.1"}}}), "expected a number of at least 0"),
        (json.dumps({**GOOD, "perHour": {"training": {"ml.m5.large": -1}}}), "expected a number of at least 0"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "prices.json"
    path.write_text(content)
    with pytest.raises(PriceFileError, match=message) as raised:
        load_prices(path)
    assert str(raised.value).startswith(f"{path}: ")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PriceFileError, match=r"missing\.json: no such file or directory"):
        load_prices(tmp_path / "missing.json")
