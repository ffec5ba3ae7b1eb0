"""Files of a container that are packed, and those that are not."""

from __future__ import annotations

import tarfile

import pytest

from cdk_sagemaker_algorithm.containers.archives import _is_harmless  # pyright: ignore[reportPrivateUsage]


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    ("info", "harmless"),
    [
        (member("model.bin"), True),
        (member("1/variables", tarfile.DIRTYPE), True),
        (member("../../etc/passwd"), False),
        (member("/etc/passwd"), False),
        (member("link", tarfile.SYMTYPE, "model.bin"), True),
        (member("1/link", tarfile.SYMTYPE, "../model.bin"), True),
        (member("link", tarfile.SYMTYPE, "../outside"), False),
        (member("1/link", tarfile.SYMTYPE, "a/../../../x"), False),
        (member("link", tarfile.SYMTYPE, "/etc/passwd"), False),
        (member("fifo", tarfile.FIFOTYPE), False),
        (member("null", tarfile.CHRTYPE), False),
        (member("disk", tarfile.BLKTYPE), False),
    ],
)
def test_only_entries_inside_of_the_directory_are_packed(info: tarfile.TarInfo, *, harmless: bool) -> None:
    assert _is_harmless(info.name, info) is harmless
