"""Pipe mode: feeds a channel's FIFOs inside of a running container, one epoch after the other."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final, cast

from cdk_sagemaker_algorithm.containers import opt_ml
from cdk_sagemaker_algorithm.containers.archives import add_fifo
from cdk_sagemaker_algorithm.containers.channels import DataError, NamedObject, ObjectSource, pipe_stream
from cdk_sagemaker_algorithm.containers.engine import Engine, EngineError

_COPY: Final = "import shutil,sys; shutil.copyfileobj(sys.stdin.buffer, open(sys.argv[1],'wb'))"
#: Commands that copy standard input to a file; the first one that the image has is used.
_WRITERS: Final = (("sh", "-c", 'exec cat > "$0"'), ("python3", "-c", _COPY), ("python", "-c", _COPY))
_PROBES: Final = {
    "sh": ("sh", "-c", "command -v cat"),
    "python3": ("python3", "-c", ""),
    "python": ("python", "-c", ""),
}


class PipeFeeder:
    """Sends the data of one channel as long as the container reads it.

    Attributes:
        channel: The channel's name.
        epochs: The number of epochs that were read to their end.
        error: Why the data could not be sent; empty if it could.
    """

    def __init__(
        self,
        engine: Engine,
        container: str,
        channel: Mapping[str, Any],
        objects: Sequence[NamedObject],
        source: ObjectSource,
    ) -> None:
        """Create a feeder; the container already has the first FIFO.

        Args:
            objects: The objects of this host.
            source: Where attributes of an augmented manifest lead to.
        """
        self._engine = engine
        self._container = container
        self._definition = channel
        self._objects = objects
        self._source = source
        self._process: subprocess.Popen[bytes] | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self.channel = str(channel["ChannelName"])
        self.epochs = 0
        self.error = ""

    def start(self) -> None:
        """Start sending; call this when the container runs."""
        self._thread.start()

    def finish(self) -> None:
        """Stop sending; call this when the container has ended."""
        self._over.set()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
        if self._thread.is_alive():
            self._thread.join(10)

    def _feed(self) -> None:
        try:
            self._wait_for_start()
            writer = self._writer()
            while writer and not self._over.is_set() and self._epoch(writer):
                self.epochs += 1
                if self._over.is_set():
                    return
                with self._engine.put(self._container) as archive:
                    add_fifo(archive, f"{opt_ml.DATA}/{self.channel}_{self.epochs}")
        except DataError as error:
            self.error = str(error)
        except EngineError as error:
            # A container that has ended is no error.
            self.error = "" if self._over.is_set() or not self._runs() else str(error)

    def _wait_for_start(self) -> None:
        while not self._over.wait(0.05) and not self._engine.state(self._container).started:
            pass

    def _runs(self) -> bool:
        try:
            return self._engine.state(self._container).running
        except EngineError:
            return False

    def _writer(self) -> tuple[str, ...] | None:
        for writer in _WRITERS:
            if self._engine.run("exec", self._container, *_PROBES[writer[0]], check=False).returncode == 0:
                return writer
        if self._runs():
            self.error = "the image has neither sh nor python, with which preflight writes to the pipe"
        return None

    def _epoch(self, writer: tuple[str, ...]) -> bool:
        """Send one epoch; return whether the container read from the FIFO."""
        path = f"/{opt_ml.DATA}/{self.channel}_{self.epochs}"
        self._process = self._engine.popen(
            "exec", "-i", self._container, *writer, path, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        pipe = cast("IO[bytes]", self._process.stdin)
        try:
            for data in pipe_stream(self._objects, self._definition, self._source, epoch=self.epochs):
                pipe.write(data)
            pipe.close()
        except BrokenPipeError:
            # The container closed the FIFO before its end, which ends the epoch as well.
            pass
        finally:
            with_output = cast("IO[bytes]", self._process.stdout)
            with_output.read()
            with_output.close()
        code = self._process.wait()
        return code in (0, 1, 141) and not self._over.is_set() and self._runs()
