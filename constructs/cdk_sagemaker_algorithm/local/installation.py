"""Create and cache the emulator's virtual environment from hash-locked requirements."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.local.errors import LocalAwsError

if TYPE_CHECKING:
    from collections.abc import Callable

OVERRIDE = "CDK_SAGEMAKER_ALGORITHM_EMULATOR"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")

_LAST_LINES = 5
_UNUSED_SECONDS = 90 * 24 * 3600


def emulator_python(override: Path | None, report: Callable[[str], None]) -> Path:
    """Find or create the emulator's virtual environment, and return its Python executable.

    Args:
        override: Existing virtual environment. Default: the environment variable CDK_SAGEMAKER_ALGORITHM_EMULATOR, then
            the cache.
        report: Receives a message before a step that takes several seconds.

    Raises:
        LocalAwsError: If the override contains no emulator, or the installation fails.
    """
    chosen = override or (Path(value) if (value := os.environ.get(OVERRIDE)) else None)
    if chosen is not None:
        if not _complete(chosen):
            raise LocalAwsError(
                f"no emulator in {chosen}: install it there with"
                f" {_python(chosen)} -m pip install --require-hashes -r {REQUIREMENTS},"
                f" or omit {OVERRIDE} and --emulator to create one automatically"
            )
        return _python(chosen)
    cached = cache_directory() / f"emulator-{_key()}"
    if not _complete(cached):
        report(f"installing the AWS emulator into {cached} (once for this Python, about 10 seconds)")
        _make(cached)
        _remove_unused(cached)
    with suppress(OSError):
        # A shared cache can be read-only.
        os.utime(cached)
    return _python(cached)


def cache_directory() -> Path:
    """Return the cache directory of this program, by the convention of the operating system."""
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "cdk-sagemaker-algorithm"


def _key() -> str:
    """Return a hash of the requirements and the Python installation."""
    parts = (REQUIREMENTS.read_bytes(), sys.version.encode(), sys.base_prefix.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _python(environment: Path) -> Path:
    return environment / "bin" / "python"


def _complete(environment: Path) -> bool:
    """Return whether an environment contains the emulator and a Python that still exists."""
    return _python(environment).exists() and any(environment.glob("lib/python3*/site-packages/ministack"))


def _make(environment: Path) -> None:
    """Create the environment in a temporary directory and rename it, so that other processes see it complete."""
    environment.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f"{environment.name}-", dir=environment.parent))
    try:
        _install(making)
        shutil.rmtree(environment, ignore_errors=True)
        making.rename(environment)
    except OSError:
        # Another process has created the same environment.
        if not _complete(environment):
            raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _remove_unused(environment: Path) -> None:
    """Remove the environments of other releases or Python installations that no run has used for a long time."""
    for other in environment.parent.glob("emulator-*"):
        if other != environment and time.time() - other.stat().st_mtime > _UNUSED_SECONDS:
            shutil.rmtree(other, ignore_errors=True)


def _install(environment: Path) -> None:
    try:
        venv.create(environment, with_pip=True, symlinks=True)
    except subprocess.CalledProcessError as error:
        raise LocalAwsError(
            "cannot create a virtual environment for the AWS emulator: Python's module ensurepip fails;"
            " on Debian and Ubuntu, install it with: apt install python3-venv"
        ) from error
    command: list[str | Path] = [_python(environment), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--requirement", str(REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    if done.returncode != 0:
        reason = "\n".join(done.stderr.strip().splitlines()[-_LAST_LINES:])
        raise LocalAwsError(
            f"cannot install the AWS emulator; output of pip:\n{reason}\n"
            f"check the network, or set {OVERRIDE} to a virtual environment that contains the emulator"
        )
