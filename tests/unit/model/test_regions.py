"""Partition and DNS suffix of a region are those that botocore knows."""

from __future__ import annotations

import pytest
from botocore.session import get_session

from cdk_sagemaker_algorithm.model.regions import DEFAULT_REGIONS, dns_suffix_of, partition_of

PARTITIONS = get_session().get_data("partitions")["partitions"]


@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda each: each["id"])
def test_every_region_has_botocores_partition(partition: dict[str, object]) -> None:
    regions = partition["regions"]
    outputs = partition["outputs"]
    assert isinstance(regions, dict)
    assert isinstance(outputs, dict)
    names = [name for name in regions if not name.endswith("-global")]
    assert {partition_of(name) for name in names} <= {partition["id"]}
    assert {dns_suffix_of(name) for name in names} <= {outputs["dnsSuffix"]}


def test_the_default_regions_are_commercial() -> None:
    assert {partition_of(name) for name in DEFAULT_REGIONS} == {"aws"}
