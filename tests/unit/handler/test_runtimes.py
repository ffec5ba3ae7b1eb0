"""The handler's tests on the Python versions of Lambda's runtimes, where such an interpreter is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import botocore
import pytest

ROOT = Path(__file__).parents[3]
VERSIONS = ("3.12", "3.13", "3.14")
# Packages of this environment that are Python only; hypothesis is compiled for one version.
PACKAGES = Path(botocore.__file__).parents[1]
NEEDS_HYPOTHESIS = "from hypothesis import"


def interpreters(version: str) -> Iterator[str]:
    """The interpreters of a version: the one on the path, and those of pyenv and uv, which may not be on it."""
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", Path.home() / ".local/share/uv/python"))
    for folder in (*pyenv.glob(f"versions/{version}.*"), *uv.glob(f"cpython-{version}.*")):
        yield str(folder / f"bin/python{version}")


def interpreter(version: str) -> str:
    """The path of an interpreter of a version; the test is skipped where there is none that starts."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        pytest.skip(f"all tests run on Python {version} already")
    program = f"import sys; sys.exit(sys.version_info[:2] != {tuple(map(int, version.split('.')))})"
    for path in interpreters(version):
        # A version manager's shim is on the path also where the version is not chosen, and does not start.
        if (
            Path(path).exists()
            and not subprocess.run([path, "-c", program], capture_output=True, check=False).returncode
        ):
            return path
    pytest.skip(f"Python {version} is not installed here: neither on the path, nor by pyenv or uv")


def files() -> list[Path]:
    others = (path for path in sorted(Path(__file__).parent.glob("test_*.py")) if path != Path(__file__))
    return [path for path in others if NEEDS_HYPOTHESIS not in path.read_text()]


@pytest.mark.parametrize("version", VERSIONS)
def test_handler_passes_its_tests_on_a_runtime_of_lambda(version: str) -> None:
    python = interpreter(version)
    paths = (PACKAGES, ROOT / "lambda", ROOT / "constructs")
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
    }
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files()],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=ROOT,
        env=environment,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
