"""Splitting, batching, assembling and framing."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_sagemaker_algorithm.containers.records import (
    PayloadTooLargeError,
    Record,
    RecordError,
    assembled,
    batch,
    split,
    wrap_record,
)

LARGE = 1 << 30


def chunked(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def tf_record(data: bytes) -> bytes:
    return struct.pack("<Q", len(data)) + b"crc1" + data + b"crc2"


@given(st.binary(max_size=200), st.integers(1, 7))
def test_lines_are_the_object_again(data: bytes, size: int) -> None:
    records = list(split(chunked(data, size), "Line", LARGE))
    assert b"".join(record.framed for record in records) == data
    assert all(b"\n" not in record.framed[:-1] for record in records)


@given(st.lists(st.binary(max_size=40), max_size=6), st.integers(1, 9))
def test_record_io_gives_the_payloads(payloads: list[bytes], size: int) -> None:
    stream = b"".join(map(wrap_record, payloads))
    records = list(split(chunked(stream, size), "RecordIO", LARGE))
    assert [record.payload for record in records] == payloads
    assert b"".join(record.framed for record in records) == stream


@given(st.lists(st.binary(max_size=40), max_size=6), st.integers(1, 9))
def test_tf_record_gives_the_payloads(payloads: list[bytes], size: int) -> None:
    stream = b"".join(map(tf_record, payloads))
    assert [record.payload for record in split(chunked(stream, size), "TFRecord", LARGE)] == payloads


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=20), st.integers(30, 90))
def test_batches_hold_all_records_within_the_limit(payloads: list[bytes], limit: int) -> None:
    bodies = list(batch((Record(data, data) for data in payloads), "MULTI_RECORD", limit))
    assert b"".join(body for body, _ in bodies) == b"".join(payloads)
    assert sum(count for _, count in bodies) == len(payloads)
    assert all(len(body) <= limit for body, _ in bodies)


def test_single_record_removes_the_framing() -> None:
    records = split([wrap_record(b"abc")], "RecordIO", LARGE)
    assert list(batch(records, "SINGLE_RECORD", LARGE)) == [(b"abc", 1)]


def test_record_io_has_the_documented_header() -> None:
    assert wrap_record(b"abcde") == b"\x0a\x23\xd7\xce\x05\x00\x00\x00abcde\x00\x00\x00"


def test_without_split_the_object_is_one_record() -> None:
    assert [record.payload for record in split([b"a\n", b"b\n"], "None", LARGE)] == [b"a\nb\n"]


@pytest.mark.parametrize("split_type", ["None", "Line", "RecordIO", "TFRecord"])
def test_a_record_above_the_limit_is_an_error_before_it_is_read_whole(split_type: str) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        header = {"RecordIO": wrap_record(b"x" * 10_000), "TFRecord": tf_record(b"x" * 10_000)}
        yield header.get(split_type, b"")[:12]
        while True:
            read += 1
            yield b"x" * 100

    with pytest.raises(PayloadTooLargeError):
        list(split(endless(), split_type, 1000))
    assert read < 100


@pytest.mark.parametrize(
    ("split_type", "data"),
    [
        ("RecordIO", b"not record io"),
        ("RecordIO", wrap_record(b"abcdef")[:10]),
        ("TFRecord", tf_record(b"abcdef")[:14]),
        ("TFRecord", b"short"),
    ],
)
def test_data_of_another_form_is_an_error(split_type: str, data: bytes) -> None:
    with pytest.raises(RecordError, match="not"):
        list(split([data], split_type, LARGE))


def test_assembling_lines_does_not_double_newlines() -> None:
    assert [assembled(answer, "Line") for answer in (b"a", b"a\n", b"")] == [b"a\n", b"a\n", b"\n"]
    assert assembled(b"a", "None") == b"a"
