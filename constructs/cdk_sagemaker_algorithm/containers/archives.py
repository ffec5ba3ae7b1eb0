"""Model and output archives: packed from containers and unpacked into containers, never onto this machine.

Members are streamed, so memory stays flat for any size.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from cdk_sagemaker_algorithm.containers.engine import Engine

_LISTED = 50
_SHOWN = 5
_MOST_READ = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A model.tar.gz or output.tar.gz.

    Attributes:
        path: The file on this machine.
        size: Size in bytes.
        files: The number of regular files.
        names: The first names.
        links: Names of symbolic and hard links.
        rejected: Names of devices, FIFOs and entries that lead out of the directory; they are not packed.
        clashes: Names that several hosts wrote.
    """

    path: Path
    size: int
    files: int
    names: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    clashes: tuple[str, ...] = ()


class ArchiveError(ValueError):
    """A file is not a model archive."""


def pack(engine: Engine, containers: Iterable[str], directory: str, target: Path) -> Archive | None:
    """Pack the contents of a directory of one or several containers; None if it holds no entry.

    Args:
        containers: The containers; several are merged.
        directory: The directory's absolute path.
        target: The archive to write.
    """
    packer = _Packer()
    # Level 6 is the default of gzip and half as slow as tarfile's 9.
    with (
        gzip.open(target, "wb", compresslevel=6) as compressed,
        tarfile.open(fileobj=cast("IO[bytes]", compressed), mode="w|") as packed,
    ):
        for container in containers:
            with engine.get(container, directory) as archive:
                packer.add(archive, packed)
    if not packer.entries:
        target.unlink()
        return None
    return Archive(
        path=target,
        size=target.stat().st_size,
        files=packer.files,
        names=tuple(packer.names),
        links=tuple(packer.links),
        rejected=tuple(packer.rejected),
        clashes=tuple(packer.clashes),
    )


class _Packer:
    def __init__(self) -> None:
        self.entries = self.files = 0
        self.names: list[str] = []
        self.links: list[str] = []
        self.rejected: list[str] = []
        self.clashes: list[str] = []
        self._seen: set[str] = set()

    def add(self, archive: tarfile.TarFile | None, packed: tarfile.TarFile) -> None:
        for member in _members(archive):
            # The engine's stream begins with the directory itself.
            name = member.name.partition("/")[2].strip("/")
            if not name:
                continue
            if not _is_harmless(name, member):
                self._note(self.rejected, name)
                continue
            if member.islnk():
                # The target is relative to the stream's root, as the name is.
                member.linkname = member.linkname.partition("/")[2]
            if name in self._seen and not member.isdir():
                self._note(self.clashes, name)
                continue
            self._seen.add(name)
            self.entries += 1
            self.files += member.isfile()
            if member.isfile():
                self._note(self.names, name)
            if member.islnk() or member.issym():
                self._note(self.links, name)
            member.name = name
            source = archive.extractfile(member) if archive is not None and member.isfile() else None
            packed.addfile(member, source)

    @staticmethod
    def _note(names: list[str], name: str) -> None:
        if len(names) < _LISTED:
            names.append(name)


def _members(archive: tarfile.TarFile | None) -> Iterator[tarfile.TarInfo]:
    if archive is None:
        return
    while (member := archive.next()) is not None:
        # A stream is read once; without this, tarfile keeps every member in memory.
        archive.members = []  # type: ignore[attr-defined]
        yield member


def _is_harmless(name: str, member: tarfile.TarInfo) -> bool:
    if ".." in PurePosixPath(name).parts or name.startswith("/"):
        return False
    if member.issym():
        target = PurePosixPath(member.linkname)
        depth = len(PurePosixPath(name).parts) - 1
        return not target.is_absolute() and _lowest(target) + depth >= 0
    return member.isfile() or member.isdir() or member.islnk()


def _lowest(path: PurePosixPath) -> int:
    """Return the lowest level that a relative path reaches below its start, as a number of 0 or less."""
    level = lowest = 0
    for part in path.parts:
        level += -1 if part == ".." else 1
        lowest = min(lowest, level)
    return lowest


def image_files(engine: Engine, container: str) -> tuple[str, ...]:
    """List files that an image has below /opt/ml, where SageMaker can hide them; the first ones are enough.

    /opt/ml/code is left out: AWS's own instructions put programs there.

    Args:
        container: A container of the image that has been created and not filled yet.
    """
    names: list[str] = []
    read = 0
    with engine.get(container, "/opt/ml") as archive:
        for member in _members(archive):
            name = member.name.partition("/")[2]
            # Without a name it is /opt/ml itself, as a link.
            if name and not member.isdir() and not name.startswith("code/"):
                names.append(f"/opt/ml/{name}")
            # The stream has the contents as well.
            read += member.size
            if len(names) >= _SHOWN or read > _MOST_READ:
                break
    return tuple(names)


def unpack(model: Path, container: tarfile.TarFile, directory: str) -> set[str]:
    """Copy the members of a model archive into a container's tar stream.

    Args:
        model: The model.tar.gz.
        container: The stream from `Engine.put`.
        directory: The directory without a leading slash.

    Returns:
        The paths that the container gets, without a leading slash.

    Raises:
        ArchiveError: If the file is not a tar archive with gzip compression.
    """
    paths: set[str] = set()
    try:
        with tarfile.open(model, mode="r|gz") as archive:
            for member in _members(archive):
                name = member.name.removeprefix("./").strip("/")
                if not name or name == "." or not _is_harmless(name, member):
                    continue
                member.name = f"{directory}/{name}"
                if member.islnk():
                    member.linkname = f"{directory}/{member.linkname.removeprefix('./')}"
                paths.add(member.name)
                container.addfile(member, archive.extractfile(member) if member.isfile() else None)
    except (tarfile.ReadError, EOFError, gzip.BadGzipFile) as error:
        raise ArchiveError(f"{model}: not a model.tar.gz: {error}") from error
    return paths


def add_directory(archive: tarfile.TarFile, name: str) -> None:
    """Add a directory that belongs to root.

    Args:
        archive: The stream.
        name: Its path without a leading slash.
    """
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o755
    archive.addfile(info)


def add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file that belongs to root.

    Args:
        archive: The stream.
        name: Its path without a leading slash.
    """
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o644
    archive.addfile(info, io.BytesIO(content))


def add_stream(archive: tarfile.TarFile, name: str, size: int, content: IO[bytes]) -> None:
    """Add a file that belongs to root from an open file.

    Args:
        archive: The stream.
        name: Its path without a leading slash.
        size: Its size in bytes.
    """
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    archive.addfile(info, content)


def add_fifo(archive: tarfile.TarFile, name: str) -> None:
    """Add a named pipe that belongs to root.

    Args:
        archive: The stream.
        name: Its path without a leading slash.
    """
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.FIFOTYPE, 0o644
    archive.addfile(info)


@contextmanager
def first_file(engine: Engine, container: str, path: str) -> Generator[IO[bytes] | None]:
    """Open a regular file of a container; None if it does not exist or is something else.

    Args:
        path: The absolute path.
    """
    with engine.get(container, path) as archive:
        member = archive.next() if archive is not None else None
        yield archive.extractfile(member) if archive is not None and member is not None and member.isfile() else None
