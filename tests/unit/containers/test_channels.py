"""The objects of a channel, their names, and the bytes of Pipe mode."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.containers.channels import (
    DataError,
    FileObjects,
    NamedObject,
    local_objects,
    named_objects,
    pipe_stream,
    read_object,
    relative_name,
    shard,
)
from cdk_sagemaker_algorithm.containers.records import wrap_record


def objects(folder: Path, **contents: bytes) -> FileObjects:
    files: dict[str, Path] = {}
    for name, content in contents.items():
        path = folder / name
        path.write_bytes(content)
        files[f"s3://bucket/data/{name}"] = path
    return FileObjects(files)


@pytest.mark.parametrize(
    ("prefix", "uri", "name"),
    [
        ("s3://b/train/", "s3://b/train/a.csv", "a.csv"),
        ("s3://b/train", "s3://b/train/x/a.csv", "x/a.csv"),
        ("s3://b/train/a.csv", "s3://b/train/a.csv", "a.csv"),
        ("s3://b/train", "s3://b/train-01/a.csv", "train-01/a.csv"),
        ("s3://b", "s3://b/a.csv", "a.csv"),
    ],
)
def test_names_are_relative_to_the_prefix(prefix: str, uri: str, name: str) -> None:
    assert relative_name(prefix, uri) == name


@pytest.mark.parametrize("key", ["../etc/passwd", "a/../../b", "a\0b"])
def test_keys_that_leave_the_channel_are_rejected(key: str) -> None:
    with pytest.raises(DataError, match="file name"):
        relative_name("s3://b/train/", f"s3://b/train/{key}")


def test_prefix_is_a_string_prefix_and_directory_markers_are_left_out(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    marker.write_bytes(b"")
    source = FileObjects({"s3://b/train/": marker, "s3://b/train/a": marker, "s3://b/train-1/b": marker})
    found = named_objects(source, {"S3Uri": "s3://b/train"})
    assert [item.name for item in found] == ["train-1/b", "a"]


def test_manifest_names_objects(tmp_path: Path) -> None:
    manifest = json.dumps([{"prefix": "s3://bucket/data/"}, "one", "two"]).encode()
    source = objects(tmp_path, one=b"1", two=b"2", manifest=manifest)
    found = named_objects(source, {"S3Uri": "s3://bucket/data/manifest", "S3DataType": "ManifestFile"})
    assert [item.name for item in found] == ["one", "two"]


@pytest.mark.parametrize("content", [b"{}", b"[]", b'["a"]', b'[{"prefix": "s3://b/"}, 1]', b"no"])
def test_wrong_manifest_is_an_error(tmp_path: Path, content: bytes) -> None:
    source = objects(tmp_path, manifest=content)
    with pytest.raises(DataError, match="manifest"):
        named_objects(source, {"S3Uri": "s3://bucket/data/manifest", "S3DataType": "ManifestFile"})


def test_manifest_that_names_a_missing_object_is_an_error(tmp_path: Path) -> None:
    source = objects(tmp_path, manifest=json.dumps([{"prefix": "s3://bucket/data/"}, "gone"]).encode())
    with pytest.raises(DataError, match="gone"):
        named_objects(source, {"S3Uri": "s3://bucket/data/manifest", "S3DataType": "ManifestFile"})


def test_shards_cover_all_objects_once(tmp_path: Path) -> None:
    found = named_objects(objects(tmp_path, a=b"", b=b"", c=b""), {"S3Uri": "s3://bucket/data/"})
    shards = [shard(found, host, 2) for host in range(2)]
    assert [[item.name for item in part] for part in shards] == [["a", "c"], ["b"]]


def named(source: FileObjects) -> list[NamedObject]:
    return named_objects(source, {"S3Uri": "s3://bucket/data/"})


def test_pipe_concatenates_objects(tmp_path: Path) -> None:
    source = objects(tmp_path, a=b"1\n", b=b"2\n")
    assert b"".join(pipe_stream(named(source), {}, source)) == b"1\n2\n"


@pytest.mark.parametrize("compression", ["None", "Gzip"])
def test_pipe_wraps_each_object_in_a_record(tmp_path: Path, compression: str) -> None:
    content = gzip.compress(b"12345") if compression == "Gzip" else b"12345"
    source = objects(tmp_path, a=content)
    channel = {"RecordWrapperType": "RecordIO", "CompressionType": compression}
    assert b"".join(pipe_stream(named(source), channel, source)) == wrap_record(b"12345")


def test_pipe_shuffles_each_epoch_in_its_own_way(tmp_path: Path) -> None:
    source = objects(tmp_path, **{letter: letter.encode() for letter in "abcdefgh"})
    channel = {"ShuffleConfig": {"Seed": "1"}}
    epochs = [b"".join(pipe_stream(named(source), channel, source, epoch=epoch)) for epoch in (0, 0, 1)]
    assert epochs[0] == epochs[1] != epochs[2]
    assert sorted(epochs[0]) == sorted(b"abcdefgh")


def test_augmented_manifest_gives_attributes_in_order(tmp_path: Path) -> None:
    line = {"image-ref": "s3://bucket/data/image", "label": 3, "text": "hello"}
    source = objects(tmp_path, image=b"pixels", manifest=json.dumps(line).encode() + b"\n")
    s3 = {
        "S3Uri": "s3://bucket/data/manifest",
        "S3DataType": "AugmentedManifestFile",
        "AttributeNames": ["image-ref", "label", "text"],
    }
    channel = {"DataSource": {"S3DataSource": s3}, "RecordWrapperType": "RecordIO"}
    stream = b"".join(pipe_stream(named_objects(source, s3), channel, source))
    assert stream == wrap_record(b"pixels") + wrap_record(b"3") + wrap_record(b"hello")


def test_wrong_gzip_is_an_error(tmp_path: Path) -> None:
    item = named(objects(tmp_path, a=b"plain"))[0]
    with pytest.raises(DataError, match="Gzip"):
        list(read_object(item.data, compressed=True))


def test_a_file_or_a_directory_stands_for_a_prefix(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/a.csv").write_bytes(b"1")
    for path, names in ((tmp_path, ["x/a.csv"]), (tmp_path / "x/a.csv", ["a.csv"])):
        source = local_objects(path, "s3://b/train/")
        assert [item.name for item in named_objects(source, {"S3Uri": "s3://b/train/"})] == names
    with pytest.raises(DataError, match="no such"):
        local_objects(tmp_path / "gone", "s3://b/")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no file"):
        local_objects(tmp_path / "empty", "s3://b/")
