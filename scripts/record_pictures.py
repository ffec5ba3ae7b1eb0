"""Record the pictures of README.md from real runs: a watched deployment, one that fails, a diff, and a preflight.

``make pictures`` runs it. The preflight needs a container engine and its base image; without them, its picture stays.
Each picture is what the command prints in a terminal of 120 columns, as SVG without fonts or addresses of others.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from html import escape
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from cdk_sagemaker_algorithm.containers.engine import EngineError, find_engine
from cdk_sagemaker_algorithm.local import LocalAws, ValidationPlan
from cdk_sagemaker_algorithm.monitoring.formats.live_screen import LiveView
from cdk_sagemaker_algorithm.monitoring.formats.screen import DisplayOptions
from cdk_sagemaker_algorithm.monitoring.poller import Pace, PollError, Readers
from cdk_sagemaker_algorithm.monitoring.stack_watch import StackUpdate, StackWatch, Waiting

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "docs/assets"
PROGRAM = [sys.executable, "-m", "cdk_sagemaker_algorithm"]
WIDTH = 120
EXISTING = ("s3://my-bucket/iris/", "s3://my-bucket/output/")
REASON = "AlgorithmError: KeyError: 'species', exit code: 1"
#: How many lines of a log a picture has at most.
LINES = 24


def main() -> None:
    """Record all pictures."""
    _record_preflight()
    with tempfile.TemporaryDirectory() as folder, LocalAws(plan=ValidationPlan().lasting(30), existing=EXISTING) as aws:
        work = Path(folder)
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        app = readme.partition("```python\n")[2].partition("```")[0]
        (work / "app.py").write_text(app, encoding="utf-8")
        _cdk(aws, work, "bootstrap")
        _record_watch(aws, work)
        _record_diff(aws, work, app)
        aws.fail_next("training", REASON)
        failed = _cdk(aws, work, "deploy", "Forest", "--require-approval", "never")
        picture("deploy-failed", "cdk deploy", _end_of(failed))


def _record_watch(aws: LocalAws, work: Path) -> None:
    deployment = threading.Thread(target=_cdk, args=(aws, work, "deploy", "Forest", "--require-approval", "never"))
    deployment.start()
    watch = StackWatch(lambda: Readers(aws.client), "Forest", pace=Pace(interval=1))
    view = LiveView(DisplayOptions(unicode=True, console_links=False, addresses=False, options="", width=WIDTH), 10)
    recorded = False
    for update in watch.updates():
        if isinstance(update, StackUpdate | PollError):
            view.show(update)
        if not recorded and not isinstance(update, Waiting | PollError) and _is_worth_a_picture(update):
            console = _console()
            console.print(view)
            _save("watch", "cdk-sagemaker-algorithm watch --stack Forest", console)
            recorded = True
    deployment.join()
    if not recorded:
        raise SystemExit("no training job was seen: the machine is too slow for this plan")


def _is_worth_a_picture(update: StackUpdate) -> bool:
    steps = [step for each in update.updates for step in each.snapshot.steps]
    lines = sum(len(each.lines) for each in update.updates)
    return (
        any(step.name == "training" and step.job is not None and step.state == "running" for step in steps)
        and lines > 0
    )


def _record_diff(aws: LocalAws, work: Path, app: str) -> None:
    for name, text in (
        ("base", app),
        ("head", app.replace("max=32", "max=16").replace("forest:1.4.0", "forest:1.5.0")),
    ):
        (work / "app.py").write_text(text, encoding="utf-8")
        _cdk(aws, work, "synth", "--quiet", "--output", name)
    picture("diff", "cdk-sagemaker-algorithm diff base head", _run([*PROGRAM, "diff", "base", "head"], aws, work))


def _record_preflight() -> None:
    """Run the containers of the seller tutorial, whose server listens on the wrong address."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "seller"
        shutil.copytree(ROOT / "examples/tutorials/seller", work, ignore=shutil.ignore_patterns("cdk.out"))
        program = work / "container/program.py"
        program.write_text(program.read_text(encoding="utf-8").replace('"0.0.0.0"', '"127.0.0.1"'), encoding="utf-8")
        try:
            engine = find_engine()
            engine.run("build", "--tag", "forest:1.0-loopback", str(work / "container"), timeout=600)
        except EngineError as error:
            print(f"the picture of preflight stays: {error}")
            return
        subprocess.run([sys.executable, "app.py"], cwd=work, env={**os.environ, "CDK_OUTDIR": "cdk.out"}, check=True)
        command = ["preflight", "--image", "forest:1.0-loopback", "--containers", "--quiet"]
        environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "CDK_DOCKER": engine.command}
        done = subprocess.run(
            [*PROGRAM, *command], cwd=work, env=environment, capture_output=True, text=True, check=False
        )
        title = "cdk-sagemaker-algorithm preflight --image forest:1.0 --containers"
        picture("preflight", title, _at_rest(done.stderr + done.stdout))


def _at_rest(output: str) -> str:
    """Return what a terminal shows at the end: without the spinners that later lines have replaced."""
    lines = re.sub(r"\x1b\[(?:\?\d+[hl]|\d*[A-K])", "", output).replace("\r", "\n").splitlines()
    return "\n".join(line for line in lines if line.strip() and not re.search("[\u2800-\u28ff]", line))


def _cdk(aws: LocalAws, work: Path, *arguments: str) -> str:
    return _run(["cdk", *arguments, "--app", f"{sys.executable} app.py", "--no-notices"], aws, work)


def _run(command: list[str], aws: LocalAws, work: Path) -> str:
    environment = {**aws.environment, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "PYTHONUTF8": "1"}
    done = subprocess.run(
        command, cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout


def _end_of(output: str) -> str:
    """Return the last error of a failed deployment, without the CDK CLI's own diagnosis."""
    lines = output.partition("Source Location")[0].rstrip().splitlines()
    begin = next(number for number, line in enumerate(lines) if "failed to deploy" in line)
    return "\n".join(lines[begin:])


def picture(name: str, title: str, text: str) -> None:
    """Write the output of a command as a picture.

    Args:
        name: Name of the picture's file.
        title: The command.
        text: What it has printed, with the colors of a terminal.
    """
    console = _console()
    console.print(Text.from_ansi(text))
    _save(name, title, console)


def _console() -> Console:
    return Console(record=True, width=WIDTH, height=LINES, force_terminal=True, file=StringIO())


def _save(name: str, title: str, console: Console) -> None:
    text = "\n".join(line.rstrip() for line in [f"$ {title}", *console.export_text(clear=False).splitlines()])
    svg = console.export_svg(title=title, theme=MONOKAI, unique_id=name)
    # Rich's template loads fonts of others; every computer has a font for terminals.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "ui-monospace, Menlo, Consolas")
    # For readers without pictures: screen readers, and PyPI as long as the pictures have no address.
    svg = svg.replace("<style>", f"<desc>{escape(text)}</desc>\n    <style>", 1)
    (ASSETS / f"{name}.svg").write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")
    print(ASSETS / f"{name}.svg")


if __name__ == "__main__":
    main()
