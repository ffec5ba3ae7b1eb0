"""Find the data of a profile's jobs: from the user, from assets, or downloaded from S3."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cdk_sagemaker_algorithm.assembly.assets import Assets
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.containers.channels import (
    DataObject,
    FileObjects,
    ObjectSource,
    file_object,
    local_objects,
)
from cdk_sagemaker_algorithm.containers.s3_objects import head_object
from cdk_sagemaker_algorithm.model.json_access import structure
from cdk_sagemaker_algorithm.model.s3_uri import split_s3_uri

#: The name of the transform job's data in --data.
TRANSFORM: Final = "transform"
DEFAULT_LIMIT: Final = 10**9
#: Size of all downloaded objects. Beyond it, those that were not used for the longest time are removed.
CACHE_SIZE: Final = 10 * 10**9
#: An object that was used more recently than this number of seconds can belong to another run.
_IN_USE: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class DataOptions:
    """Options for finding data.

    Attributes:
        paths: Paths of the user, by channel; `transform` is the transform job's data.
        download: Whether objects are downloaded from S3.
        limit: Largest total size of a download in bytes.
        s3: Returns an S3 client; needed to download.
        cache: Directory of downloaded objects. Default: the user's cache directory.
    """

    paths: Mapping[str, Path] = field(default_factory=dict[str, Path])
    download: bool = False
    limit: int = DEFAULT_LIMIT
    s3: Callable[[], Any] | None = field(default=None, repr=False)
    cache: Path | None = None


def find_data(
    name: str, holder: Mapping[str, Any], assets: Assets, options: DataOptions, subject: str
) -> tuple[ObjectSource, str]:
    """Find the objects behind a channel or a transform input.

    Args:
        name: The channel's name, or `transform`.
        holder: The channel or the transform input.
        assets: The assets of the assembly.
        options: Options for finding data.
        subject: The algorithm, for errors.

    Returns:
        The objects, and where they come from.

    Raises:
        InputError: If there are none.
        DataError: If the user's path holds no file.
    """
    s3 = structure(holder, "DataSource", "S3DataSource")
    uri, kind = str(s3.get("S3Uri") or ""), str(s3.get("S3DataType") or "S3Prefix")
    if not uri:
        raise InputError(f"{subject}: {name}: data that is not in S3 is not supported; use --data {name}=PATH")
    if name in options.paths:
        path = options.paths[name]
        if kind != "S3Prefix" and path.is_file():
            return FileObjects({uri: path, **_neighbors(path)}), f"--data {path}"
        return local_objects(path, uri), f"--data {path}"
    objects = _assets(assets)
    if kind != "S3Prefix" and objects.get(uri) is not None:
        return objects, "the assembly's assets"
    if kind == "S3Prefix" and objects.list(uri):
        return objects, "the assembly's assets"
    if options.download and options.s3 is not None and "${" not in uri:
        return S3Objects(options.s3(), options), f"downloaded from {uri}"
    hint = f"name a file or directory with --data {name}=PATH, or add --download to read it from S3"
    raise InputError(f"{subject}: {name}: no data for {uri} in the assembly's assets; {hint}")


def _assets(assets: Assets) -> FileObjects:
    return FileObjects(
        {
            f"s3://{destination}": file.path
            for file in assets.files
            if file.path is not None and not file.zipped
            for destination in file.destinations
        }
    )


def _neighbors(manifest: Path) -> dict[str, Path]:
    """Return the files next to a manifest under the URIs that the manifest can have for them: their paths."""
    return {str(path): path for path in sorted(manifest.parent.rglob("*")) if path.is_file()}


class S3Objects(ObjectSource):
    """Objects in S3, downloaded once into a cache.

    An object is identified by bucket, key and ETag, so a changed object is downloaded again.
    """

    def __init__(self, client: Any, options: DataOptions) -> None:
        """Create a source without downloading.

        Args:
            client: An S3 client.
            options: The cache and the limit.
        """
        self._client = client
        self._limit = options.limit
        self._total = 0
        self._cache = options.cache or cache_directory()
        trim_cache(self._cache)

    def list(self, prefix: str) -> Sequence[DataObject]:
        """List and download the objects that have a prefix."""
        bucket, key = split_s3_uri(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        entries = [entry for page in pages for entry in page.get("Contents", ())]
        self._count(sum(entry["Size"] for entry in entries), prefix)
        return [self._object(bucket, entry["Key"], entry["ETag"]) for entry in entries]

    def get(self, uri: str) -> DataObject | None:
        """Download one object."""
        bucket, key = split_s3_uri(uri)
        head = head_object(self._client, bucket, key)
        if head is None:
            return None
        self._count(head["ContentLength"], uri)
        return self._object(bucket, key, head["ETag"])

    def _count(self, size: int, uri: str) -> None:
        self._total += size
        if self._total > self._limit:
            raise InputError(
                f"{uri}: the data has {self._total:,} bytes, --max-download allows {self._limit:,}; raise the limit, "
                "or use --data with a part of the data"
            )

        self._cache.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._cache).free
        if self._total > free:
            raise InputError(
                f"{uri}: the data has {self._total:,} bytes, and {self._cache} has {free:,} free; free some space, for "
                "example with preflight --clear-cache, or use --data with a part of the data"
            )

    def _object(self, bucket: str, key: str, etag: str) -> DataObject:
        name = hashlib.sha256(f"{bucket}/{key}/{etag}".encode()).hexdigest()
        path = self._cache / name[:2] / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Written elsewhere and renamed: two runs can download the same object at once.
            partial = path.with_suffix(f".{os.getpid()}")
            self._client.download_file(bucket, key, str(partial))
            partial.replace(path)
        os.utime(path)
        return file_object(f"s3://{bucket}/{key}", path)


def cache_directory() -> Path:
    """Return the directory of downloaded objects."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "cdk-sagemaker-algorithm" / "preflight"


def trim_cache(directory: Path, limit: int = CACHE_SIZE) -> int:
    """Remove downloaded objects that were not used for the longest time, if all exceed a limit; return how many.

    Args:
        directory: The cache.
        limit: Size in bytes.
    """
    used = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in directory.rglob("*") if path.is_file())
    total, removed = sum(size for _, size, _ in used), 0
    for when, size, path in used:
        if total <= limit or time.time() - when < _IN_USE:
            break
        path.unlink(missing_ok=True)
        total, removed = total - size, removed + 1
    return removed


def clear_cache(directory: Path | None = None) -> int:
    """Remove downloaded objects; return their size in bytes.

    Args:
        directory: The cache. Default: the user's.
    """
    cache = directory or cache_directory()
    size = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file()) if cache.is_dir() else 0
    shutil.rmtree(cache, ignore_errors=True)
    return size
