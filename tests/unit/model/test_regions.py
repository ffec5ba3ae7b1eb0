"""Partition and DNS suffix of a region are those that botocore knows."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.session import get_session

from cdk_sagemaker_algorithm.model.regions import DEFAULT_REGIONS, dns_suffix_of, partition_of

PARTITIONS: Any = get_session().get_data("partitions")["partitions"]


@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda each: each["id"])
def test_every_region_has_botocores_partition(partition: Any) -> None:
    names: list[str] = [name for name in partition["regions"] if not name.endswith("-global")]
    assert {partition_of(name) for name in names} <= {partition["id"]}
    assert {dns_suffix_of(name) for name in names} <= {partition["outputs"]["dnsSuffix"]}


def test_the_default_regions_are_commercial() -> None:
    assert {partition_of(name) for name in DEFAULT_REGIONS} == {"aws"}
