"""The table of quota codes, and the script that writes it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.session import Session

from cdk_sagemaker_algorithm.account import quota_codes
from cdk_sagemaker_algorithm.account.quota_codes import ALL_TRAINING, ALL_TRANSFORM, TRAINING, TRANSFORM, WARM_POOL


def test_every_quota_is_of_an_instance_type_of_the_service_and_has_a_code_of_its_own() -> None:
    model: Any = Session().get_service_model("sagemaker")
    types = {
        TRAINING: set(model.shape_for("TrainingInstanceType").enum),
        WARM_POOL: set(model.shape_for("TrainingInstanceType").enum),
        TRANSFORM: set(model.shape_for("TransformInstanceType").enum),
    }
    table = dict(quota_codes.codes())

    assert len(set(table.values())) == len(table)
    assert all(re.fullmatch(r"L-[0-9A-F]{8}", code) for code in table.values())
    assert table.pop(ALL_TRAINING) == "L-00C91CB5"
    assert table.pop(ALL_TRANSFORM) == "L-60D2A6F0"
    for name in table:
        instance_type, _, usage = name.partition(" for ")
        assert instance_type in types[usage], name


def test_a_dump_becomes_a_sorted_table_of_what_checks_ask() -> None:
    dump = {
        "Quotas": [
            {"QuotaName": "ml.m5.large for transform job usage", "QuotaCode": "L-236AE59F", "Value": 0.0},
            {"QuotaName": "ml.m5.large for endpoint usage", "QuotaCode": "L-11111111"},
            {"QuotaName": "ml.c5.large for training job usage", "QuotaCode": "L-22222222"},
            {"QuotaName": ALL_TRAINING, "QuotaCode": "L-00C91CB5"},
        ]
    }

    assert list(quota_codes.table(dump).items()) == [
        (ALL_TRAINING, "L-00C91CB5"),
        ("ml.c5.large for training job usage", "L-22222222"),
        ("ml.m5.large for transform job usage", "L-236AE59F"),
    ]


@pytest.mark.parametrize(
    ("dump", "says"),
    [
        ({}, "the dump has no Quotas"),
        ([], "the dump has no Quotas"),
        ({"Quotas": [{"QuotaName": ALL_TRAINING, "QuotaCode": "x"}]}, "does not have the form L-XXXXXXXX"),
    ],
)
def test_what_is_no_dump_is_an_error(dump: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        quota_codes.table(dump)
