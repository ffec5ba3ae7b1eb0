"""The objects of a channel: which ones, under which names, on which host, and as which bytes in Pipe mode.

Pure functions over an `ObjectSource`, so that data can come from files, from an assembly's assets or from S3.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol, cast

from cdk_sagemaker_algorithm.containers.records import wrap_record, wrap_record_header
from cdk_sagemaker_algorithm.model.json_access import structure
from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object

_CHUNK = 1 << 20


class DataError(ValueError):
    """The data of a channel cannot be used; the message names the location and the fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataObject:
    """One S3 object, or a file that represents one.

    Attributes:
        uri: Its S3 URI.
        size: Size in bytes.
        open: Opens it for reading.
        path: Its file on this machine, if it has one.
    """

    uri: str
    size: int
    open: Callable[[], IO[bytes]]
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class NamedObject:
    """An object with its name inside of the container.

    Attributes:
        name: Path below the channel's directory; the name of a result file without `.out`.
        data: The object.
    """

    name: str
    data: DataObject


class ObjectSource(Protocol):
    """Finds objects."""

    def list(self, prefix: str) -> Sequence[DataObject]:
        """List the objects that have a URI with a prefix, ordered by URI.

        Args:
            prefix: The beginning of the URI; a string prefix, as in S3.
        """
        ...

    def get(self, uri: str) -> DataObject | None:
        """Find one object.

        Args:
            uri: Its URI.
        """
        ...


class FileObjects(ObjectSource):
    """Files that represent S3 objects."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        """Wrap files.

        Args:
            files: Paths by S3 URI.
        """
        self._files = dict(files)

    def list(self, prefix: str) -> Sequence[DataObject]:
        """List the files that have a URI with a prefix."""
        return [file_object(uri, path) for uri, path in sorted(self._files.items()) if uri.startswith(prefix)]

    def get(self, uri: str) -> DataObject | None:
        """Find one file."""
        path = self._files.get(uri)
        return None if path is None else file_object(uri, path)


def file_object(uri: str, path: Path) -> DataObject:
    """Represent an object by a file.

    Args:
        uri: The object's URI.
        path: The file.
    """
    return DataObject(uri=uri, size=path.stat().st_size, open=lambda: path.open("rb"), path=path)


def local_objects(path: Path, prefix: str) -> FileObjects:
    """Let a file or a directory represent what is below a prefix.

    Args:
        path: The file or directory.
        prefix: The prefix, as the definition has it.

    Raises:
        DataError: If the path does not exist or holds no file.
    """
    if path.is_file():
        return FileObjects({f"{prefix.rstrip('/')}/{path.name}": path})
    if not path.is_dir():
        raise DataError(f"{path}: no such file or directory")
    base = prefix.rstrip("/")
    files = {f"{base}/{file.relative_to(path).as_posix()}": file for file in sorted(path.rglob("*")) if file.is_file()}
    if not files:
        raise DataError(f"{path}: the directory holds no file")
    return FileObjects(files)


def named_objects(source: ObjectSource, s3: Mapping[str, Any]) -> list[NamedObject]:
    """Find the objects of an S3 data source and name them for the container.

    Args:
        source: Where the objects are.
        s3: The S3DataSource (of a channel or of a transform job).

    Raises:
        DataError: If a manifest is invalid.
    """
    uri, kind = str(s3.get("S3Uri") or ""), str(s3.get("S3DataType") or "S3Prefix")
    if kind == "ManifestFile":
        return list(_manifest(source, uri))
    if kind == "AugmentedManifestFile":
        manifest = source.get(uri)
        return [NamedObject(PurePosixPath(uri).name, manifest)] if manifest else []
    # A key that ends in a slash is a directory marker of the console, not a file.
    return [
        NamedObject(relative_name(uri, item.uri), item)
        for item in source.list(uri)
        if not (item.uri.endswith("/") and item.size == 0)
    ]


def relative_name(prefix: str, uri: str) -> str:
    """Name an object below a prefix.

    Args:
        prefix: The S3 prefix, with or without a slash at its end.
        uri: The object's URI, which starts with the prefix.
    """
    remainder = uri[len(prefix) :]
    if prefix.endswith("/") or remainder.startswith("/"):
        return _safe(remainder.lstrip("/"), uri)
    # The prefix is the whole key, or ends inside of a name.
    return _safe(uri[prefix.rindex("/") + 1 :], uri)


def _manifest(source: ObjectSource, uri: str) -> Iterator[NamedObject]:
    for location in manifest_entries(_read(source, uri), uri):
        name, address = location
        item = source.get(address)
        if item is None:
            raise DataError(f"{uri}: names {address}, which does not exist in the data")
        yield NamedObject(_safe(name, address), item)


def manifest_entries(content: bytes, uri: str) -> list[tuple[str, str]]:
    """Read a manifest: names and URIs of its objects.

    Args:
        content: The manifest.
        uri: Its URI, for errors.

    Raises:
        DataError: If it is not a manifest.
    """
    try:
        value: Any = json.loads(content)
    except ValueError as error:
        raise DataError(f"{uri}: the manifest is not JSON: {error}") from error
    entries: list[Any] = cast("list[Any]", value) if is_array(value) else []
    prefix: Any = entries[0].get("prefix") if entries and is_object(entries[0]) else None
    if not isinstance(prefix, str) or not all(isinstance(entry, str) for entry in entries[1:]):
        raise DataError(f'{uri}: a manifest is a JSON array: first {{"prefix": "s3://…/"}}, then relative keys')
    return [(str(entry), f"{prefix}{entry}") for entry in entries[1:]]


def shard(objects: Sequence[NamedObject], host: int, hosts: int) -> list[NamedObject]:
    """Return the objects of one host with ShardedByS3Key.

    Args:
        objects: All objects, ordered by key.
        host: Index of the host, from 0.
        hosts: The number of hosts.
    """
    return list(objects[host::hosts])


def pipe_stream(
    objects: Sequence[NamedObject], channel: Mapping[str, Any], source: ObjectSource, *, epoch: int = 0
) -> Iterator[bytes]:
    """Produce the bytes of one epoch of a channel in Pipe mode.

    Args:
        objects: The objects of this host.
        source: Where `-ref` attributes of an augmented manifest lead to.
        epoch: The epoch, from 0; changes the order if the channel has a ShuffleConfig.

    Raises:
        DataError: If an augmented manifest is invalid.
    """
    s3 = structure(channel, "DataSource", "S3DataSource")
    wrapped = channel.get("RecordWrapperType") == "RecordIO"
    if s3.get("S3DataType") == "AugmentedManifestFile":
        yield from _augmented(objects, s3, source, wrapped=wrapped)
        return
    ordered = list(objects)
    seed = structure(channel, "ShuffleConfig").get("Seed")
    if seed is not None:
        random.Random(f"{seed}/{epoch}").shuffle(ordered)  # noqa: S311 - an order, not a secret
    for item in ordered:
        compressed = channel.get("CompressionType") == "Gzip"
        if wrapped:
            yield from _wrapped(item, compressed=compressed)
        else:
            yield from _chunks(item.data, compressed=compressed)


def _wrapped(item: NamedObject, *, compressed: bool) -> Iterator[bytes]:
    """Frame an object as one RecordIO record; memory stays flat unless the size is hidden by compression."""
    if compressed:
        yield wrap_record(b"".join(_chunks(item.data, compressed=True)))
        return
    yield wrap_record_header(item.data.size)
    yield from _chunks(item.data, compressed=False)
    yield b"\0" * (-item.data.size % 4)


def _chunks(item: DataObject, *, compressed: bool) -> Iterator[bytes]:
    with item.open() as raw:
        stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if compressed else raw
        try:
            while data := stream.read(_CHUNK):
                yield data
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(f"{item.uri}: CompressionType is Gzip, but the object is not: {error}") from error


def read_object(item: DataObject, *, compressed: bool = False) -> Iterable[bytes]:
    """Read an object in chunks.

    Args:
        item: The object.
        compressed: Whether to decompress it.

    Raises:
        DataError: If it is not gzip data although it should be.
    """
    return _chunks(item, compressed=compressed)


def _augmented(
    objects: Sequence[NamedObject], s3: Mapping[str, Any], source: ObjectSource, *, wrapped: bool
) -> Iterator[bytes]:
    names: Sequence[str] = s3.get("AttributeNames") or ()
    for item in objects:
        for number, line in enumerate(_lines(item.data), 1):
            try:
                entry: Any = json.loads(line)
            except ValueError as error:
                raise DataError(f"{item.data.uri}:{number}: not JSON: {error}") from error
            for name in names:
                if not is_object(entry) or name not in entry:
                    raise DataError(f'{item.data.uri}:{number}: no attribute "{name}" (AttributeNames)')
                value = _attribute(entry[name], name, source, f"{item.data.uri}:{number}")
                yield wrap_record(value) if wrapped else value


def _attribute(value: Any, name: str, source: ObjectSource, where: str) -> bytes:
    if not name.endswith("-ref"):
        return value.encode() if isinstance(value, str) else json.dumps(value).encode()
    item = source.get(str(value))
    if item is None:
        raise DataError(f"{where}: {name} names {value}, which does not exist in the data")
    return b"".join(_chunks(item, compressed=False))


def _lines(item: DataObject) -> Iterator[bytes]:
    with item.open() as stream:
        for line in stream:
            if line.strip():
                yield line


def _read(source: ObjectSource, uri: str) -> bytes:
    item = source.get(uri)
    if item is None:
        raise DataError(f"{uri}: the manifest does not exist in the data")
    return b"".join(_chunks(item, compressed=False))


def _safe(name: str, uri: str) -> str:
    """Reject names that would leave the channel's directory."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\0" in name:
        raise DataError(f"{uri}: the key cannot be a file name inside of the container")
    return str(path)
