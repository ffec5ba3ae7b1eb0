"""Drive container engines by their command line.

One `Engine` wraps `docker`, `podman`, `finch` or a compatible command. No Python client is needed, so Docker contexts,
rootless engines and Docker Desktop work the way they do in a shell. Files enter and leave as tar streams (`cp -`), so
no directory of this machine is mounted. Every container has the labels of one `RunLabels`; `sweep` removes those of
runs that ended without cleaning up.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import socket
import subprocess
import tarfile
import tempfile
import weakref
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, cast

from cdk_sagemaker_algorithm.containers.owner import RunLabels, owner_is_alive

#: The environment variable with which the AWS CDK chooses its engine.
ENGINE_VARIABLE: Final = "CDK_DOCKER"
_CANDIDATES: Final = ("docker", "podman", "finch")
_QUICK: Final = 30.0
_COPY: Final = 3600.0
_NOT_STARTED: Final = frozenset({"created", "configured", "initialized"})
_TAIL: Final = 800
_FAULT_OF_IMAGE: Final = re.compile(
    r"unable to find (user|group)|no matching entries|chdir|workdir|working directory", re.IGNORECASE
)
#: What the runtime writes to the log if the program of a container that has started cannot be executed.
_NOT_EXECUTED: Final = re.compile(r"exec \S+: (exec format error|no such file or directory|permission denied)")
_VERSION: Final = re.compile(r"^\s*Version: +(\S+)", re.MULTILINE)


class EngineError(RuntimeError):
    """The engine is missing, does not respond, or failed; the message names the command and the fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image in the engine's store.

    Attributes:
        name: The requested name.
        id: The engine's image ID.
        digests: Repository digests, such as `repo@sha256:…`; empty for an image that was never pushed or pulled.
        platform: Operating system and architecture, such as `linux/amd64`.
        entrypoint: The exec form of ENTRYPOINT.
        command: The exec form of CMD.
        user: USER; empty means root.
        labels: LABELs.
        size: Size in bytes.
    """

    name: str
    id: str
    digests: tuple[str, ...] = ()
    platform: str = "linux/amd64"
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """A container to create.

    Attributes:
        image: The image's name.
        command: Arguments that replace CMD.
        name: The container's name.
        hostname: The host name inside; resolves to 127.0.0.2 without a network.
        environment: Environment variables.
        network: `none`, or the name of an internal network.
        memory: Memory limit as the engine writes it, such as `8g`; empty for no limit.
        mounts: Read-only bind mounts: path on this machine to path in the container.
        gpus: Whether the container gets the GPUs of the engine's machine.
    """

    image: str
    command: tuple[str, ...]
    name: str
    hostname: str
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    network: str = "none"
    memory: str = ""
    mounts: tuple[tuple[Path, str], ...] = ()
    gpus: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The state of a container.

    Attributes:
        started: Whether its process ever ran.
        running: Whether the process runs now.
        exit_code: The exit code, once it has ended.
        out_of_memory: Whether the engine reports a kill for memory.
        error: The engine's own error, if it could not start the process.
        pid: Process ID on the engine's machine; 0 if it is not running.
    """

    started: bool
    running: bool
    exit_code: int
    out_of_memory: bool
    error: str
    pid: int


class Engine:
    """A container engine.

    Attributes:
        command: The command, such as `podman`.
        kind: `docker`, `podman` or `finch`.
        version: What `COMMAND --version` prints.
        labels: The labels of everything that this engine object creates.
    """

    def __init__(self, command: str, kind: str, version: str, labels: RunLabels | None = None) -> None:
        """Wrap a command; `find_engine` finds one and checks that it responds.

        Args:
            kind: `docker`, `podman` or `finch`.
            version: The version for display.
            labels: The labels of this run. Default: new ones.
        """
        # Commands run in another directory, where a relative path would be another program.
        self.command = str(Path(command).absolute()) if os.sep in command else command
        self.kind = kind
        self.version = version
        self.labels = labels or RunLabels.new()
        self._made: set[Path] = set()

    @property
    def directory(self) -> Path:
        """The directory that commands run in: Podman writes a file `oom` there if a container runs out of memory."""
        return self._scratch(0)

    def _scratch(self, index: int) -> Path:
        """Return one of the run's scratch directories; it is removed with this object."""
        path = scratch_directories(self.labels.run)[index]
        if path not in self._made:
            self._made.add(path)
            path.mkdir(exist_ok=True)
            weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)
        return path

    def run(
        self,
        *arguments: str,
        timeout: float = _QUICK,
        check: bool = True,
        data: bytes | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one engine command to its end.

        Args:
            arguments: Arguments of the engine's command.
            timeout: Limit in seconds.
            check: Whether an exit status other than 0 raises.
            data: Standard input.
            environment: Variables in addition to those of this process.

        Raises:
            EngineError: If the command fails or takes too long.
        """
        # A session of its own: Ctrl-C must not reach the engine before this tool has decided what to do.
        try:
            done = subprocess.run(  # noqa: S603 - the engine is the user's choice
                [self.command, *arguments],
                input=data,
                stdin=subprocess.DEVNULL if data is None else None,
                capture_output=True,
                timeout=timeout,
                check=False,
                env=None if environment is None else {**os.environ, **environment},
                cwd=self.directory,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"{self._shown(arguments)}: no response within {timeout:g} s") from error
        except OSError as error:
            raise EngineError(f"{self.command}: {error.strerror}; set --engine or {ENGINE_VARIABLE}") from error
        if check and done.returncode:
            raise EngineError(f"{self._shown(arguments)}: {_message(done.stderr)}")
        return done

    def popen(
        self,
        *arguments: str,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
        stderr: int | IO[bytes] = subprocess.PIPE,
        directory: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start an engine command with pipes.

        Args:
            arguments: Arguments of the engine's command.
            stdin: Standard input; nothing by default.
            stderr: Standard error; a pipe by default.
            directory: Working directory. Default: the engine's own.
            environment: Variables in addition to those of this process.
        """
        return subprocess.Popen(  # noqa: S603 - the engine is the user's choice
            [self.command, *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=None if environment is None else {**os.environ, **environment},
            cwd=directory or self.directory,
            start_new_session=True,
        )

    def platform(self) -> str:
        """Return operating system and architecture of the engine's machine, such as `linux/amd64`."""
        form = "{{.Version.OsArch}}" if self.kind == "podman" else "{{.OSType}}/{{.Architecture}}"
        done = self.run("info", "--format", form, check=False)
        return _platform(done.stdout.decode(errors="replace").strip())

    def memory(self) -> int | None:
        """Return the memory of the engine's machine in bytes; None if the engine does not report it."""
        form = "{{.Host.MemTotal}}" if self.kind == "podman" else "{{.MemTotal}}"
        text = self.run("info", "--format", form, check=False).stdout.decode(errors="replace").strip()
        return int(text) if text.isdecimal() else None

    def storage(self) -> Path | None:
        """Return the directory of the engine's images and containers; None if it is on another or a virtual machine."""
        form = "{{.Host.Hostname}}|{{.Store.GraphRoot}}" if self.kind == "podman" else "{{.Name}}|{{.DockerRootDir}}"
        done = self.run("info", "--format", form, check=False)
        host, _, directory = done.stdout.decode(errors="replace").strip().partition("|")
        here = host == socket.gethostname() and directory and Path(directory).is_dir()
        return Path(directory) if here else None

    def image(self, name: str) -> Image | None:
        """Find an image in the engine's store.

        Args:
            name: Name and tag, or ID.
        """
        done = self.run("image", "inspect", name, check=False)
        if done.returncode:
            return None
        value = _first(done.stdout)
        config: dict[str, Any] = value.get("Config") or {}
        return Image(
            name=name,
            id=str(value.get("Id", "")),
            digests=tuple(value.get("RepoDigests") or ()),
            platform=_platform(f"{value.get('Os') or 'linux'}/{value.get('Architecture') or ''}"),
            entrypoint=tuple(config.get("Entrypoint") or ()),
            command=tuple(config.get("Cmd") or ()),
            user=str(config.get("User") or ""),
            labels=dict(config.get("Labels") or {}),
            size=int(value.get("Size") or 0),
        )

    def create(self, spec: ContainerSpec) -> str:
        """Create a container and return its ID.

        Args:
            spec: The container.

        Raises:
            EngineError: If the image is not in the store or the engine rejects the container.
        """
        arguments = [
            "create",
            "--pull",
            "never",
            "--log-driver",
            "none",
            "--name",
            spec.name,
            "--hostname",
            spec.hostname,
        ]
        arguments += ["--network", spec.network]
        if spec.network == "none":
            # Where requests go to (`relay`): a server may listen on the address of its host name alone.
            arguments += ["--add-host", f"{spec.hostname}:127.0.0.2"]
        else:
            arguments += ["--network-alias", spec.hostname]
        for name, value in self.labels.items():
            arguments += ["--label", f"{name}={value}"]
        for name, value in spec.environment.items():
            arguments += ["--env", f"{name}={value}"]
        for source, target in spec.mounts:
            arguments += ["--mount", f"type=bind,source={source},target={target},readonly"]
        if spec.gpus:
            arguments += ["--device", "nvidia.com/gpu=all"] if self.kind == "podman" else ["--gpus", "all"]
        if spec.memory:
            arguments += ["--memory", spec.memory]
        done = self.run(*arguments, spec.image, *spec.command, timeout=300)
        return done.stdout.decode().split()[-1]

    @contextmanager
    def put(self, container: str) -> Generator[tarfile.TarFile]:
        """Open a tar stream that is unpacked at the container's root while it is written.

        Raises:
            EngineError: If the engine does not take the files.
        """
        # podman gives the files to the image's USER unless it is told not to; docker and SageMaker leave them to root.
        keep_owner = ["--archive=false"] if self.kind == "podman" else []
        # podman copies by way of its temporary directory, and leaves a folder there each time.
        environment = {"TMPDIR": str(self._scratch(1))} if self.kind == "podman" else {}
        with tempfile.TemporaryFile() as errors:
            process = self.popen(
                "cp",
                *keep_owner,
                "-",
                f"{container}:/",
                stdin=subprocess.PIPE,
                stderr=errors,
                environment=environment,
            )
            pipe = cast("IO[bytes]", process.stdin)
            try:
                with tarfile.open(fileobj=pipe, mode="w|", bufsize=1 << 20) as archive:
                    yield archive
                pipe.close()
                process.wait(_COPY)
            except BrokenPipeError:
                process.wait(_QUICK)
            finally:
                _end(process)
            if process.returncode:
                errors.seek(0)
                raise EngineError(f"{self.command} cp: {_message(errors.read())}; is the engine's disk full?")

    @contextmanager
    def get(self, container: str, path: str) -> Generator[tarfile.TarFile | None]:
        """Open a tar stream of a path in a container, to be read front to back; None if the path does not exist.

        Args:
            path: Absolute path of a file or directory.
        """
        process = self.popen("cp", f"{container}:{path}", "-", stderr=subprocess.DEVNULL)
        try:
            try:
                archive = tarfile.open(fileobj=process.stdout, mode="r|", bufsize=1 << 20)  # noqa: SIM115 - closed below
            except tarfile.ReadError:
                archive = None
            if archive is None:
                yield None
            else:
                with archive:
                    yield archive
        finally:
            _end(process)

    def state(self, container: str) -> State:
        """Read the state of a container."""
        state: dict[str, Any] = _first(self.run("inspect", "--type", "container", container).stdout)["State"]
        return State(
            started=str(state.get("Status")) not in _NOT_STARTED,
            running=bool(state.get("Running")),
            exit_code=int(state.get("ExitCode") or 0),
            out_of_memory=bool(state.get("OOMKilled")),
            error=str(state.get("Error") or ""),
            pid=int(state.get("Pid") or 0),
        )

    def start_error(self, image: str, command: str, words: str) -> str:
        """Return why an image does not start; what the engine itself cannot do is no fault of the image.

        Args:
            command: The argument that replaces CMD.
            words: The engine's message.

        Raises:
            EngineError: If the message names neither the image's program nor its user or directory.
        """
        found = self.image(image)
        program = found.entrypoint[0] if found is not None and found.entrypoint else command
        if program.rpartition("/")[2] in words or _FAULT_OF_IMAGE.search(words):
            return words
        raise EngineError(f"{self.command} start: {words or 'no message'}")

    def stop(self, container: str, grace: int) -> None:
        """Send SIGTERM, and SIGKILL after the grace period.

        Args:
            grace: Seconds between the two signals.
        """
        self.run("stop", "--time", str(grace), container, timeout=grace + _QUICK, check=False)

    def changes(self, container: str) -> list[str]:
        """List paths that the container added or changed."""
        done = self.run("diff", container, check=False)
        return [line[2:] for line in done.stdout.decode(errors="replace").splitlines() if line[:1] in ("A", "C")]

    def remove(self, container: str) -> None:
        """Kill and remove a container with its volumes; does nothing if it is gone."""
        # podman first sends SIGTERM, and waits 10 seconds for a program that ignores it.
        at_once = ["--time", "0"] if self.kind == "podman" else []
        self.run("rm", "--force", "--volumes", *at_once, container, timeout=60, check=False)

    @contextmanager
    def internal_network(self) -> Generator[str]:
        """Create a network without a route to other networks; remove it at the end."""
        name = f"{self.labels.run}-net"
        labels = [word for key, value in self.labels.items() for word in ("--label", f"{key}={value}")]
        self.run("network", "create", "--internal", *labels, name)
        try:
            yield name
        finally:
            self.run("network", "rm", name, check=False)

    def build(self, directory: Path, *, tag: str, arguments: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Start to build an image; the caller reads the output and waits.

        Args:
            directory: The build context.
            tag: Name of the image.
            arguments: More options of `build`.
        """
        label = f"{RunLabels.BUILT}=true"
        # In the context, as the CDK builds: paths of secrets and further contexts are relative to it.
        words = ("build", "--tag", tag, "--label", label, *arguments, ".")
        return self.popen(*words, stderr=subprocess.STDOUT, directory=directory)

    def sweep(self) -> int:
        """Remove containers and networks of runs whose process no longer exists; return how many."""
        removed = 0
        for kind, listing in (("container", ("ps", "--all")), ("network", ("network", "ls"))):
            form = f'{{{{.ID}}}} {{{{.Label "{RunLabels.OWNER}"}}}}'
            if self.kind == "podman":
                form = f'{{{{.ID}}}} {{{{index .Labels "{RunLabels.OWNER}"}}}}'
            done = self.run(*listing, "--filter", f"label={RunLabels.OWNER}", "--format", form, check=False)
            for line in done.stdout.decode(errors="replace").splitlines():
                identifier, _, owner = line.partition(" ")
                if owner and not owner_is_alive(owner.strip()):
                    arguments = ("rm", "--force", "--volumes") if kind == "container" else ("network", "rm")
                    removed += self.run(*arguments, identifier, timeout=60, check=False).returncode == 0
        return removed

    def _shown(self, arguments: Sequence[str]) -> str:
        """Return a command for an error: only the verb, because arguments can contain environment values."""
        return f"{self.command} {arguments[0] if arguments else ''}".strip()


def execution_error(log: Sequence[str]) -> str | None:
    """Return why the program of a container that has started was not executed; None if it was.

    Args:
        log: The last lines of the log.
    """
    return log[0] if len(log) == 1 and _NOT_EXECUTED.fullmatch(log[0]) else None


def scratch_directories(run: str) -> tuple[Path, Path]:
    """Return the directory that the engine commands of a run run in, and podman's temporary one.

    Args:
        run: The name of the run.
    """
    # As podman chooses it: /tmp can be in memory, and too small for the data.
    large = Path(os.environ.get("TMPDIR") or "/var/tmp")  # noqa: S108 - podman's own default
    return Path(tempfile.gettempdir()) / run, (large if large.is_dir() else Path(tempfile.gettempdir())) / f"{run}-cp"


def is_local_process(pid: int, hostname: str) -> bool:
    """Return whether a process ID is that of a container on this machine, and its files can be read.

    Args:
        pid: The process ID that the engine reports.
        hostname: The container's host name.
    """
    try:
        name = Path(f"/proc/{pid}/root/etc/hostname").read_text(encoding="utf-8").strip()
    except OSError:
        return False
    return name == hostname


def find_engine(name: str | None = None, environment: Mapping[str, str] | None = None) -> Engine:
    """Find an engine that responds.

    Args:
        name: The command. Default: `$CDK_DOCKER`, else the first of docker, podman and finch that responds.
        environment: Environment variables. Default: the process's.

    Raises:
        EngineError: If none responds; the message says for each one why.
    """
    variables = os.environ if environment is None else environment
    chosen = name or variables.get(ENGINE_VARIABLE)
    reasons: list[str] = []
    for command in (chosen,) if chosen else _CANDIDATES:
        outcome = _probe(command)
        if isinstance(outcome, Engine):
            return outcome
        reasons.append(f"{command}: {outcome}")
    raise EngineError(
        f"no container engine responds ({'; '.join(reasons)}); "
        f"install or start Docker, Podman or Finch, or name its command with --engine or {ENGINE_VARIABLE}"
    )


def _probe(command: str) -> Engine | str:
    if shutil.which(command) is None:
        return "not installed"
    engine = Engine(command, "docker", "")
    try:
        # `--version` is the client's; `version` fails if the daemon does not respond.
        done = engine.run("version", check=False)
    except EngineError as error:
        return str(error)
    if done.returncode:
        return _message(done.stderr)
    text = done.stdout.decode(errors="replace")
    name = f"{Path(command).name} {text.partition('Server')[0]}".lower()
    engine.kind = next((kind for kind in ("podman", "finch") if kind in name), "docker")
    # The daemon's version if there is one, else the client's.
    match = _VERSION.search(text.partition("Server")[2] or text)
    engine.version = f"{engine.kind} {match[1] if match else ''}".strip()
    return engine


def local_platform() -> str:
    """Return architecture of this machine, with the system that containers have."""
    return _platform(f"linux/{platform.machine()}")


def _platform(text: str) -> str:
    system, _, architecture = text.lower().partition("/")
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    return f"{system or 'linux'}/{names.get(architecture, architecture)}"


def _first(stdout: bytes) -> dict[str, Any]:
    values: Any = json.loads(stdout)
    return cast("dict[str, Any]", values[0])


def _message(stderr: bytes) -> str:
    lines = [line for line in stderr.decode(errors="replace").splitlines() if line.strip()]
    return " ".join(lines[-3:])[-_TAIL:] or "no message"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a running engine command, and close its pipes."""
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.close()
    if process.poll() is None:
        try:
            process.wait(0.5)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
