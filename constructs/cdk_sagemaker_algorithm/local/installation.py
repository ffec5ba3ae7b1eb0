"""The emulator's own virtual environment: made once, from hash-locked requirements, and kept in a cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.local.errors import LocalAwsError

if TYPE_CHECKING:
    from collections.abc import Callable

OVERRIDE = "CDK_SAGEMAKER_ALGORITHM_EMULATOR"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")

_LAST_LINES = 5


def emulator_python(override: Path | None, report: Callable[[str], None]) -> Path:
    """Find, or make, the environment that the emulator is installed in.

    Args:
        override: A virtual environment to use as it is; None looks at the environment variable
            CDK_SAGEMAKER_ALGORITHM_EMULATOR, then at the cache.
        report: Told what is going on when it takes a while.

    Returns:
        The environment's Python.

    Raises:
        LocalAwsError: If there is no emulator in the override, or the installation fails.
    """
    chosen = override or (Path(given) if (given := os.environ.get(OVERRIDE)) else None)
    if chosen is not None:
        if not _complete(chosen):
            raise LocalAwsError(
                f"no emulator in {chosen}: install it there with"
                f" {_python(chosen)} -m pip install --require-hashes -r {REQUIREMENTS},"
                f" or leave {OVERRIDE} and --emulator out to have one made"
            )
        return _python(chosen)
    cached = cache_directory() / f"emulator-{_key()}"
    if not _complete(cached):
        report(f"installing the AWS emulator into {cached} (once, about 10 seconds)")
        _make(cached)
    return _python(cached)


def cache_directory() -> Path:
    """Where this program keeps what it can make again, by the system's convention."""
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "cdk-sagemaker-algorithm"


def _key() -> str:
    """Identify what is installed, and for which Python."""
    parts = (REQUIREMENTS.read_bytes(), sys.version.encode(), sys.base_prefix.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _python(environment: Path) -> Path:
    """The Python of a virtual environment."""
    return environment / "bin" / "python"


def _complete(environment: Path) -> bool:
    """Tell whether the emulator is there, and its Python still is."""
    return _python(environment).exists() and any(environment.glob("lib/python3*/site-packages/ministack"))


def _make(environment: Path) -> None:
    """Make the environment beside its place, then move it there: others see all of it or nothing."""
    environment.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f"{environment.name}-", dir=environment.parent))
    try:
        _install(making)
        shutil.rmtree(environment, ignore_errors=True)
        making.rename(environment)
    except OSError:
        # Somebody else was faster; theirs is as good.
        if not _complete(environment):
            raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _install(environment: Path) -> None:
    """Install the locked requirements."""
    try:
        venv.create(environment, with_pip=True, symlinks=True)
    except subprocess.CalledProcessError as error:
        raise LocalAwsError(
            "cannot make a virtual environment for the AWS emulator: Python's module ensurepip fails;"
            " on Debian and Ubuntu it comes with: apt install python3-venv"
        ) from error
    command: list[str | Path] = [_python(environment), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--requirement", str(REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode != 0:
        reason = "\n".join(done.stderr.strip().splitlines()[-_LAST_LINES:])
        raise LocalAwsError(
            f"cannot install the AWS emulator; pip says:\n{reason}\n"
            f"check the network, or set {OVERRIDE} to a virtual environment that has it"
        )
