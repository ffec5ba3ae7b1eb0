"""Inputs of a run: algorithms, data and variants."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cdk_sagemaker_algorithm.assembly.assets import Assets
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.containers.channels import named_objects
from cdk_sagemaker_algorithm.preflight.inputs import read_algorithms
from cdk_sagemaker_algorithm.preflight.profile_data import (
    DataOptions,
    S3Objects,
    clear_cache,
    find_data,
    trim_cache,
)
from cdk_sagemaker_algorithm.preflight.variants import training_variants

CHANNEL = {"DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/train/"}}}


def test_a_request_is_an_algorithm(tmp_path: Path) -> None:
    request = {"TrainingSpecification": {"TrainingImage": "1.dkr.ecr.us-east-1.amazonaws.com/forest:1"}}
    path = tmp_path / "request.json"
    path.write_text(json.dumps(request), encoding="utf-8")
    (algorithm,) = read_algorithms(path)
    assert algorithm.subject == "request.json"
    assert algorithm.training_image.endswith("/forest:1")
    with pytest.raises(InputError, match=r"found: request\.json"):
        read_algorithms(path, algorithm="Other")


def test_missing_data_names_both_options() -> None:
    with pytest.raises(InputError, match="--data training=PATH, or add --download"):
        find_data("training", CHANNEL, Assets(), DataOptions(), "Forest")


def test_data_of_the_user_comes_first(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("1", encoding="utf-8")
    source, origin = find_data("training", CHANNEL, Assets(), DataOptions(paths={"training": tmp_path}), "Forest")
    assert origin == f"--data {tmp_path}"
    assert [item.name for item in named_objects(source, CHANNEL["DataSource"]["S3DataSource"])] == ["rows.csv"]


class FakeS3:
    """Two objects; counts downloads."""

    def __init__(self) -> None:
        self.downloads: list[str] = []

    def get_paginator(self, _: str) -> FakeS3:
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803 - boto3's names
        assert Bucket == "bucket"
        return [{"Contents": [{"Key": f"{Prefix}{name}", "Size": 10, "ETag": name} for name in ("a", "b")]}]

    def download_file(self, bucket: str, key: str, target: str) -> None:
        self.downloads.append(f"{bucket}/{key}")
        Path(target).write_bytes(b"0123456789")


def test_downloads_are_limited_and_cached(tmp_path: Path) -> None:
    client = FakeS3()
    options = DataOptions(download=True, limit=20, s3=lambda: client, cache=tmp_path)
    for _ in range(2):
        source = S3Objects(client, options)
        assert [item.uri for item in source.list("s3://bucket/train/")] == [
            "s3://bucket/train/a",
            "s3://bucket/train/b",
        ]
    assert client.downloads == ["bucket/train/a", "bucket/train/b"]
    with pytest.raises(InputError, match="--max-download allows 19"):
        S3Objects(client, DataOptions(limit=19, cache=tmp_path)).list("s3://bucket/train/")
    assert clear_cache(tmp_path) == 20
    assert not tmp_path.exists()


def test_downloads_need_free_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nineteen_bytes(path: Path) -> SimpleNamespace:
        assert path == tmp_path
        return SimpleNamespace(free=19)

    monkeypatch.setattr(shutil, "disk_usage", nineteen_bytes)
    client = FakeS3()
    with pytest.raises(InputError, match=r"has 20 bytes, and .* has 19 free; .*--clear-cache"):
        S3Objects(client, DataOptions(cache=tmp_path)).list("s3://bucket/train/")
    assert client.downloads == []


def test_the_cache_has_a_size(tmp_path: Path) -> None:
    old = time.time() - 30 * 86_400
    for age, name in enumerate(("oldest", "older", "used yesterday")):
        (tmp_path / name).write_bytes(b"0123456789")
        os.utime(tmp_path / name, (old + age, old + age))
    (tmp_path / "in use").write_bytes(b"0" * 100)
    assert trim_cache(tmp_path, 130) == 0
    assert trim_cache(tmp_path, 125) == 1
    assert not (tmp_path / "oldest").exists()
    # What another run can be using stays, even above the limit.
    assert trim_cache(tmp_path, 1) == 2
    assert (tmp_path / "in use").exists()


def test_variants_are_the_promises_of_the_definition() -> None:
    specification = {
        "SupportedHyperParameters": [
            {
                "Name": "depth",
                "Range": {"IntegerParameterRangeSpecification": {"MinValue": "1", "MaxValue": "9"}},
            },
            {
                "Name": "kind",
                "IsRequired": "true",
                "Range": {"CategoricalParameterRangeSpecification": {"Values": ["a"]}},
            },
        ],
        "TrainingChannels": [
            {"Name": "training", "IsRequired": True, "SupportedInputModes": ["File", "Pipe"]},
            {"Name": "extra", "SupportedInputModes": ["File"]},
        ],
        "SupportsDistributedTraining": "true",
    }
    job = {
        "TrainingInputMode": "File",
        "HyperParameters": {"kind": "b", "depth": "9"},
        "InputDataConfig": [{"ChannelName": "training"}, {"ChannelName": "extra"}],
        "ResourceConfig": {"InstanceCount": "1"},
    }
    variants = dict(training_variants(specification, job))
    assert list(variants) == [
        "only required hyperparameters",
        "only required channels",
        "depth = 1",
        "kind = a",
        "input mode Pipe",
        "2 instances",
    ]
    assert variants["only required hyperparameters"]["HyperParameters"] == {"kind": "b"}
    assert variants["2 instances"]["ResourceConfig"] == {"InstanceCount": "2"}
