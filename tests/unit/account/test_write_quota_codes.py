"""The script that makes the table of quota codes from dumps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.account import quota_codes
from scripts import write_quota_codes


def dump(path: Path, **codes: str) -> str:
    quotas = [{"ServiceCode": "sagemaker", "QuotaName": name, "QuotaCode": code} for name, code in codes.items()]
    path.write_text(json.dumps({"Quotas": quotas}), encoding="utf-8")
    return str(path)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "codes.json"
    monkeypatch.setattr(write_quota_codes, "FILE", file)
    monkeypatch.setattr(quota_codes, "codes", lambda: {KNOWN: "L-11111111"})
    return file


KNOWN, NEW = "ml.m5.large for training job usage", "ml.m9.large for training job usage"


def test_dumps_are_merged_into_the_table(tmp_path: Path, table: Path) -> None:
    write_quota_codes.main([dump(tmp_path / "a", **{NEW: "L-22222222"}), dump(tmp_path / "b", **{KNOWN: "L-11111111"})])

    assert json.loads(table.read_text(encoding="utf-8")) == {KNOWN: "L-11111111", NEW: "L-22222222"}


def test_two_codes_of_a_name_end_it_and_nothing_is_written(tmp_path: Path, table: Path) -> None:
    with pytest.raises(SystemExit, match="has the code L-33333333, the table has L-11111111"):
        write_quota_codes.main([dump(tmp_path / "a", **{KNOWN: "L-33333333"})])
    assert not table.exists()


def test_without_a_dump_it_says_what_it_needs(table: Path) -> None:
    with pytest.raises(SystemExit, match="pass at least one dump"):
        write_quota_codes.main([])
    assert not table.exists()
