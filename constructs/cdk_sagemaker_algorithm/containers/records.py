"""Request bodies of batch transform: splitting, batching and assembling; RecordIO and TFRecord framing.

Pure functions with bounded memory: a record longer than the limit is an error before it is read whole.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_MAGIC: Final = 0xCED7230A
_LENGTH_MASK: Final = (1 << 29) - 1
_TF_HEADER: Final = 12
_TF_FOOTER: Final = 4
#: Bytes of 1 MB as SageMaker counts a payload.
MEGABYTE: Final = 1 << 20


class RecordError(ValueError):
    """The data does not have the format of SplitType."""


class PayloadTooLargeError(RecordError):
    """A record is larger than MaxPayloadInMB.

    Attributes:
        limit: The limit in bytes.
    """

    def __init__(self, limit: int) -> None:
        """Create an error.

        Args:
            limit: The limit in bytes.
        """
        super().__init__(f"a record is larger than {limit:,} bytes")
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        framed: The record with its framing or line end.
        payload: The record alone.
    """

    framed: bytes
    payload: bytes


def wrap_record_header(size: int) -> bytes:
    """Return the header of a RecordIO record.

    Args:
        size: Length of the data in bytes.

    Raises:
        RecordError: If the length does not fit into the header's 29 bits.
    """
    if size > _LENGTH_MASK:
        raise RecordError(f"a RecordIO record has up to {_LENGTH_MASK:,} bytes, the object has {size:,}")
    return struct.pack("<II", _MAGIC, size)


def wrap_record(data: bytes) -> bytes:
    """Frame data as one RecordIO record, padded to 4 bytes."""
    return wrap_record_header(len(data)) + data + b"\0" * (-len(data) % 4)


def split(chunks: Iterable[bytes], split_type: str, limit: int) -> Iterator[Record]:
    """Split an object into records.

    Args:
        chunks: The object.
        split_type: `None`, `Line`, `RecordIO` or `TFRecord`.
        limit: Largest record in bytes.

    Raises:
        RecordError: If the data has another form, or a record is too large.
    """
    if split_type == "None":
        return _whole(chunks, limit)
    buffer = _Buffer(chunks, limit)
    match split_type:
        case "Line":
            return _lines(buffer)
        case "RecordIO":
            return _record_io(buffer)
        case _:
            return _tf_record(buffer)


def batch(records: Iterable[Record], strategy: str, limit: int) -> Iterator[tuple[bytes, int]]:
    """Put records into request bodies: as many as fit, or one each.

    Args:
        records: The records of one object.
        strategy: `SINGLE_RECORD` or `MULTI_RECORD`.
        limit: Largest body in bytes.

    Yields:
        The body and its number of records.
    """
    if strategy == "SINGLE_RECORD":
        for record in records:
            yield record.payload, 1
        return
    parts: list[bytes] = []
    size = 0
    for record in records:
        if parts and size + len(record.framed) > limit:
            yield b"".join(parts), len(parts)
            parts, size = [], 0
        parts.append(record.framed)
        size += len(record.framed)
    if parts:
        yield b"".join(parts), len(parts)


def assembled(answer: bytes, assemble_with: str) -> bytes:
    """Return one response as it is written to the result file.

    Args:
        answer: The response body.
        assemble_with: `Line` or `None`.
    """
    if assemble_with != "Line" or answer.endswith(b"\n"):
        return answer
    return answer + b"\n"


class _Buffer:
    """Chunks as a stream that is read piece by piece."""

    def __init__(self, chunks: Iterable[bytes], limit: int) -> None:
        self._chunks = iter(chunks)
        self._data = b""
        self._start = 0
        self.limit = limit

    def _more(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._data, self._start = self._data[self._start :] + chunk, 0
        return True

    def read(self, size: int) -> bytes:
        """Read a number of bytes, fewer at the end."""
        while len(self._data) - self._start < size and self._more():
            pass
        data = self._data[self._start : self._start + size]
        self._start += len(data)
        return data

    def line(self) -> bytes:
        """Read up to and including a newline."""
        searched = self._start
        while True:
            end = self._data.find(b"\n", searched)
            if end >= 0:
                data = self._data[self._start : end + 1]
                self._start = end + 1
            else:
                length = len(self._data) - self._start
                if length <= self.limit and self._more():
                    searched = length
                    continue
                data = self._data[self._start :]
                self._start = len(self._data)
            if len(data) > self.limit:
                raise PayloadTooLargeError(self.limit)
            return data


def _whole(chunks: Iterable[bytes], limit: int) -> Iterator[Record]:
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise PayloadTooLargeError(limit)
        parts.append(chunk)
    data = b"".join(parts)
    yield Record(data, data)


def _lines(buffer: _Buffer) -> Iterator[Record]:
    while line := buffer.line():
        yield Record(line, line)


def _record_io(buffer: _Buffer) -> Iterator[Record]:
    while header := buffer.read(8):
        if len(header) < 8 or struct.unpack("<I", header[:4])[0] != _MAGIC:  # noqa: PLR2004 - the header's length
            raise RecordError("not RecordIO: a record does not start with the number 0xced7230a")
        length = struct.unpack("<I", header[4:])[0] & _LENGTH_MASK
        if length > buffer.limit:
            raise PayloadTooLargeError(buffer.limit)
        padded = length + (-length % 4)
        data = buffer.read(padded)
        if len(data) < length:
            raise RecordError("not RecordIO: the last record is cut")
        yield Record(header + data, data[:length])


def _tf_record(buffer: _Buffer) -> Iterator[Record]:
    while header := buffer.read(_TF_HEADER):
        if len(header) < _TF_HEADER:
            raise RecordError("not TFRecord: the last record is cut")
        length = int(struct.unpack("<Q", header[:8])[0])
        if length > buffer.limit:
            raise PayloadTooLargeError(buffer.limit)
        data = buffer.read(length + _TF_FOOTER)
        if len(data) < length + _TF_FOOTER:
            raise RecordError("not TFRecord: the last record is cut")
        yield Record(header + data, data[:length])
