"""A small process that removes containers when the tool that created them was killed.

The guard holds one end of a pipe. The tool writes a line to it before it ends normally; if the pipe closes without
that line, the tool was killed, and the guard removes the run's containers, networks and temporary directory.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from cdk_sagemaker_algorithm.containers.engine import Engine, scratch_directories
from cdk_sagemaker_algorithm.containers.owner import RunLabels

_DONE = b"done\n"


@contextmanager
def guarded(engine: Engine, directory: Path | None = None) -> Generator[None]:
    """Remove the run's containers and a directory if this process is killed.

    Args:
        engine: The engine, with the labels of the run.
        directory: Temporary files of the run, if they are to be removed as well.
    """
    with subprocess.Popen(  # noqa: S603 - this module, with the engine that the user chose
        [sys.executable, "-m", __name__, engine.command, engine.kind, engine.labels.run, str(directory or "")],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        pipe = cast("IO[bytes]", process.stdin)
        try:
            yield
        except BaseException:
            # Without the line the guard cleans up: an interrupt can have ended this process's own cleaning.
            pipe.close()
            process.wait()
            raise
        with suppress(OSError):
            pipe.write(_DONE)
            pipe.close()
        process.wait()


def remove_run(engine: Engine, run: str) -> None:
    """Remove the containers and networks of a run.

    Args:
        run: The name of the run.
    """
    selection = ("--filter", f"label={RunLabels.RUN}={run}")
    for container in engine.run("ps", "--all", "--quiet", *selection, check=False).stdout.decode().split():
        engine.remove(container)
    for network in engine.run("network", "ls", "--quiet", *selection, check=False).stdout.decode().split():
        engine.run("network", "rm", network, check=False)


def _main(command: str, kind: str, run: str, directory: str) -> None:
    if sys.stdin.buffer.read() != _DONE:
        # Twice: a container can be created by a command that was still running when the tool died.
        for _ in range(2):
            remove_run(Engine(command, kind, ""), run)
        for path in (directory, *scratch_directories(run)):
            if path:
                shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
