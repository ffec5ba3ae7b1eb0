"""One faulty container per rule, which the rule reports."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from cdk_sagemaker_algorithm.containers.engine import Image
from cdk_sagemaker_algorithm.preflight.image_store import ImageOptions
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.preflight.rules import RULES, judge
from cdk_sagemaker_algorithm.preflight.run import RunOptions, RunStep
from tests.containers.conftest import ENGINES, Tools, engine_named
from tests.containers.profiles import channel, definition, run
from tests.support.container_images import build, busybox_image

TRAINING = RunOptions(step=RunStep.TRAINING)
IMAGE = RunOptions(step=RunStep.IMAGE)


@dataclass(frozen=True)
class Case:
    """A definition with options and image of its run."""

    content: Mapping[str, Any] = field(default_factory=definition)
    options: RunOptions = field(default_factory=RunOptions)
    image: Callable[[Tools], str] = lambda tools: tools.image


def trains(code: str, **members: Any) -> Case:
    return Case(definition(train=code, **members), TRAINING)


def serves(code: str, options: RunOptions | None = None, **members: Any) -> Case:
    return Case(definition(serve=code, **members), options or RunOptions(startup_timeout=30, grace=5))


def once(status: int) -> str:
    """A server that fails the first request."""
    return (
        f"seen = []\ndef invoke(body, headers):\n    seen.append(1)\n"
        f"    return ({status}, b'', '') if len(seen) == 1 else lines(body, headers)\nserve(invoke=invoke)"
    )


def built(name: str, lines: str, options: RunOptions = TRAINING) -> Case:
    return Case(
        options=options,
        image=lambda tools: build(
            tools.engine, f"localhost/preflight-tests-{name}:1", f"FROM {tools.image}\n{lines}\n"
        ),
    )


def other_platform(tools: Tools) -> str:
    tag = "localhost/preflight-tests-arm:1"
    if tools.engine.image(tag) is None:
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "image.tar"
            _empty_arm_image(archive, tag)
            tools.engine.run("load", "--input", str(archive))
    return tag


def _empty_arm_image(archive: Path, tag: str) -> None:
    """Write an image without files as `docker save` does: `docker import --platform` ignores the architecture."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w"):
        pass
    digest = f"sha256:{hashlib.sha256(layer.getvalue()).hexdigest()}"
    config = {"architecture": "arm64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest]}}
    manifest = [{"Config": "config.json", "RepoTags": [tag], "Layers": ["layer.tar"]}]
    files = {"config.json": json.dumps(config), "manifest.json": json.dumps(manifest)}
    with tarfile.open(archive, "w") as tar:
        for name, data in {
            **{name: text.encode() for name, text in files.items()},
            "layer.tar": layer.getvalue(),
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


CASES: dict[str, Case] = {
    "wrong-platform": Case(options=IMAGE, image=other_platform),
    "non-root-user": built("nobody", "USER nobody", IMAGE),
    "entrypoint-shell-form": built("shell", "ENTRYPOINT python3 /program.py", IMAGE),
    "tini-entrypoint": built("tini", 'ENTRYPOINT ["/usr/bin/tini", "python3"]', IMAGE),
    "bind-to-port-label": Case(definition(inference={"Containers": [{"Image": "tests"}, {"Image": "tests"}]}), IMAGE),
    "training-cannot-start": built("nothing", "ENTRYPOINT []"),
    "training-failed": trains("raise ValueError('no rows')"),
    "no-failure-file": trains("sys.exit(3)"),
    "failure-file-ignored": trains("model(); print('accuracy: 1'); (ML / 'output/failure').write_text('no rows')"),
    "log-not-utf8": trains("model(); print('accuracy: 1'); sys.stdout.buffer.write(b'caf\\xe9\\n')"),
    "network-needed": trains("import urllib.request as u; u.urlopen('https://example.com')"),
    "training-killed": Case(
        definition(train="x = b'x' * (1 << 29); print(len(x))"), RunOptions(step=RunStep.TRAINING, memory="128m")
    ),
    "max-runtime": Case(
        definition(train="signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); time.sleep(60)"),
        RunOptions(step=RunStep.TRAINING, max_runtime=1, grace=5),
    ),
    "training-ignores-sigterm": Case(
        definition(train="time.sleep(60)"), RunOptions(step=RunStep.TRAINING, max_runtime=1, grace=1)
    ),
    "no-model": trains("pathlib.Path('/srv').mkdir(); pathlib.Path('/srv/model').write_text('m')"),
    "model-special-files": trains("model(); os.symlink('model.txt', '/opt/ml/model/link')"),
    "content-in-opt-ml": built(
        "content", "COPY Dockerfile /opt/ml/model/Dockerfile\nCOPY Dockerfile /opt/ml/code/Dockerfile"
    ),
    "host-name-clash": trains("model()", instances=2),
    "pipe-not-sent": Case(
        definition(training={"InputDataConfig": [channel("training", InputMode="Pipe")]}),
        RunOptions(step=RunStep.TRAINING, max_runtime=10, grace=1),
        lambda tools: busybox_image(tools.engine, "localhost/preflight-tests-yes:3", ["/busybox", "yes"]),
    ),
    "objective-not-found": trains("model(); print('Accuracy = 0.9')"),
    "metric-not-found": trains("model()", specification={"SupportedTuningJobObjectiveMetrics": []}),
    "metric-not-a-number": trains("model(); print('accuracy: 96%')"),
    "metric-two-groups": trains(
        "model(); print('accuracy: 0.9')",
        specification={"MetricDefinitions": [{"Name": "accuracy", "Regex": "(accuracy): ([0-9.]+)"}]},
    ),
    # A script with the line ends of Windows: both engines start it, and its interpreter does not exist.
    "serving-cannot-start": built(
        "crlf",
        """RUN ["python3", "-c", "open('/run.sh', 'wb').write(bytes.fromhex('23212f62696e2f73680d0a'))"]\n"""
        'RUN ["python3", "-c", "import os; os.chmod(\'/run.sh\', 0o755)"]\n'
        'ENTRYPOINT ["/run.sh"]',
    ),
    "serving-exited": serves("serve(invoke=lambda b, h: os._exit(9))"),
    "ping-failed": serves("serve(ping=lambda: 503)", RunOptions(startup_timeout=3)),
    "listens-on-loopback": serves("serve(host='127.0.0.1')"),
    "ping-slow": serves("serve(ping=lambda: time.sleep(1.3) or 200)"),
    "ping-before-ready": serves(once(503)),
    "ignores-sigterm": serves("serve(stop=False)", RunOptions(startup_timeout=30, grace=1)),
    "unclean-stop": serves("serve(code=7)"),
    "writes-to-model": serves("(ML / 'model/cache').write_text('x'); serve()"),
    "invocation-failed": serves("serve(invoke=lambda b, h: (400, b'no such column', 'text/plain'))"),
    "invocation-timeout": serves(
        "serve(invoke=lambda b, h: time.sleep(30))", RunOptions(startup_timeout=30, grace=1, invocation_timeout=1)
    ),
    "payload-too-large": serves("serve()", transform={"MaxPayloadInMB": 1}),
    "records-differ": serves("serve(invoke=lambda b, h: (200, b'one line', 'text/csv'))"),
    "accept-ignored": serves("serve(invoke=lambda b, h: (200, b'x\\n' * 3, 'application/json'))"),
    "response-type": serves(
        "serve(invoke=lambda b, h: (200, b'x\\n' * 3, 'application/json'))", transform={"TransformOutput": {}}
    ),
    "empty-answer": serves("serve(invoke=lambda b, h: (200, b'', 'text/csv'))"),
    "response-not-utf8": serves("serve(invoke=lambda b, h: (200, b'caf\\xe9\\n' * 3, 'text/csv'))"),
    "execution-parameters": serves("serve(parameters='MaxPayloadInMB=6')"),
    "execution-parameters-status": serves("serve(parameters=500)"),
    "invocation-retried": serves(once(500)),
    "unsupported-type": serves("serve(invoke=lambda b, h: (200, b'x\\n' * 3, 'text/csv'))"),
    "largest-payload": serves(
        "serve(invoke=lambda b, h: lines(b, h) if len(b) < 1 << 20 else (413, b'too large', ''))",
        RunOptions(startup_timeout=30, grace=5, thorough=True),
        transform={"MaxPayloadInMB": 2},
    ),
    "not-concurrent": serves(
        "lock = threading.Lock()\ndef invoke(body, headers):\n"
        "    if not lock.acquire(blocking=False): return 429, b'busy', ''\n"
        "    time.sleep(1); lock.release(); return lines(body, headers)\nserve(invoke=invoke)",
        RunOptions(startup_timeout=30, grace=5, thorough=True),
        transform={"MaxConcurrentTransforms": 2},
    ),
    "broken-promise": Case(
        definition(
            train="model(); print('accuracy: 1')\n"
            "h = json.loads((ML / 'input/config/hyperparameters.json').read_text())\n"
            "if h.get('depth') == '9': raise ValueError('depth')",
            specification={
                "SupportedHyperParameters": [
                    {"Name": "code", "IsRequired": True},
                    {
                        "Name": "depth",
                        "DefaultValue": "2",
                        "Range": {"IntegerParameterRangeSpecification": {"MinValue": "1", "MaxValue": "9"}},
                    },
                ]
            },
        ),
        RunOptions(step=RunStep.TRAINING, thorough=True),
    ),
}
#: Rules about facts that no small container has; tested with the fact itself.
WITHOUT_CONTAINER = {"image-over-10-gb"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model.tar.gz, so that serving needs no training."""
    path = tmp_path / "model.tar.gz"
    (tmp_path / "model.txt").write_text("model", encoding="utf-8")
    with tarfile.open(path, "w:gz") as archive:
        archive.add(tmp_path / "model.txt", arcname="model.txt")
    return path


def test_every_rule_has_a_container() -> None:
    assert {rule.id for rule in RULES} == set(CASES) | WITHOUT_CONTAINER


#: Rules about what an engine reports itself; the other rules read logs, files and responses, which are the same.
OF_BOTH_ENGINES = {
    "wrong-platform",
    "non-root-user",
    "entrypoint-shell-form",
    "training-cannot-start",
    "training-failed",
    "training-killed",
    "training-ignores-sigterm",
    "no-model",
    "content-in-opt-ml",
    "host-name-clash",
    "pipe-not-sent",
    "serving-cannot-start",
    "serving-exited",
    "listens-on-loopback",
    "ignores-sigterm",
    "unclean-stop",
    "writes-to-model",
}


def rules_of_engines() -> Iterator[ParameterSet]:
    """Yield rules with engines: those of both engines twice, and of the others every second one for each engine."""
    alternate = sorted(set(CASES) - OF_BOTH_ENGINES)
    for number, engine in enumerate(ENGINES):
        for rule in (*sorted(OF_BOTH_ENGINES), *alternate[number::2]):
            yield engine_named(engine, rule)


@pytest.mark.parametrize(("shared_tools", "rule"), rules_of_engines(), indirect=["shared_tools"])
def test_rule_finds_its_container(rule: str, tools: Tools, tmp_path: Path, model: Path) -> None:
    case = CASES[rule]
    options = case.options
    if options.step is RunStep.TRANSFORM:
        options = replace(options, model=model)
    if rule == "serving-cannot-start":
        options = replace(options, step=RunStep.TRANSFORM, model=model)
    if rule == "payload-too-large":
        # A record of 2 MB, and a limit of 1 MB.
        case = serves("serve()", transform={"MaxPayloadInMB": 1})
        (tmp_path / "data").mkdir()
        (tmp_path / "large.csv").write_text("1" * (2 << 20), encoding="utf-8")
        options = replace(options, data=replace(options.data, paths={"transform": tmp_path / "large.csv"}))
    image = case.image(tools)
    result = run(tools.engine, image, case.content, tmp_path, replace(options, images=ImageOptions(training=image)))
    found = {finding.rule: finding for finding in result.findings}
    assert rule in found, f"{result.findings}\n{result.not_checked}"
    assert found[rule].message
    assert found[rule].remedy
    assert found[rule].source


def test_a_good_container_has_no_findings(tools: Tools, tmp_path: Path) -> None:
    # A server may listen on the address of its own host name.
    content = definition(serve="serve(host=os.uname().nodename)")
    result = run(tools.engine, tools.image, content, tmp_path, RunOptions(startup_timeout=30, thorough=True))
    assert [finding for finding in result.findings if finding.rule != "broken-promise"] == []
    assert result.not_checked == []
    (training, transform) = result.runs[0].training, result.runs[0].transform
    assert training is not None
    assert transform is not None
    assert training.metrics[0].points[0][1] == 0.9
    assert (tmp_path / "out/Profile/output/rows.csv.out").read_text() == "x\nx\nx\n"


def test_large_images_are_found() -> None:
    image = Image(name="large", id="1", size=11 * 10**9)
    facts = ProfileRun(subject="Forest", definition=definition(), index=0, training_image=image)
    assert [finding.rule for finding in judge(facts)] == ["image-over-10-gb"]
