"""The GitHub Action: its steps run in a temporary repository, with doubles for what they install."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_algorithm.diff.formats.markdown import MARKER
from tests.support.templates import definition, resources, template

Json = Any

ROOT = Path(__file__).parents[3]
ACTION: Json = import_module("yaml").safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
EXAMPLE: Json = import_module("yaml").safe_load(
    (ROOT / "examples" / "github" / "algorithm-diff.yml").read_text(encoding="utf-8")
)
STEPS: list[Json] = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")

# Stands for `python`: makes virtual environments of links, and installs nothing.
PYTHON = f"""\
if [ "$1 $2" = "-m venv" ]; then
  mkdir -p "$3/bin"
  cp "$0" "$3/bin/python"
  {{
    echo '#!/bin/bash'
    echo 'if [ "$1" = preflight ] && [ -f "$RUNNER_TEMP/preflight" ]; then . "$RUNNER_TEMP/preflight"; fi'
    echo 'exec {sys.executable} -m cdk_sagemaker_algorithm.cli "$@"'
  }} > "$3/bin/cdk-sagemaker-algorithm"
  chmod +x "$3/bin/cdk-sagemaker-algorithm"
elif [ "$1 $2" = "-m pip" ]; then
  echo "$@" >> "$RUNNER_TEMP/pip"
else
  exec {sys.executable} "$@"
fi
"""
# Stands for `gh`: records its calls, and finds the IDs in the file `known`.
GH = """\
call="$*"
echo "${call//$'\\n'/ }" >> "$RUNNER_TEMP/gh"
for word in "$@"; do if [[ "$word" == body=@* ]]; then cp "${word#body=@}" "$RUNNER_TEMP/posted"; fi; done
if [[ "$call" == *--paginate* ]]; then cat "$RUNNER_TEMP/known" 2> /dev/null || true; fi
"""
SYNTH = 'mkdir -p "$CDK_OUTDIR" && cp -r assembly/. "$CDK_OUTDIR"'


def git(directory: Path, *words: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, *words], cwd=directory, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def executable(path: Path, body: str) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


@dataclass
class Runner:
    """Runs the steps of the action as the runner does, those with `uses` left out."""

    repository: Path
    temp: Path
    inputs: dict[str, str] = field(default_factory=dict[str, str])
    fork: bool = False
    event: str = "pull_request"
    preflight: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    log: str = ""

    def run(self) -> str:
        """Run all steps; returns the name of the step that failed, or an empty text."""
        executable(self.temp / "bin" / "python", PYTHON)
        executable(self.temp / "bin" / "gh", GH)
        if self.preflight:
            (self.temp / "preflight").write_text(self.preflight)
        failed = ""
        for step in STEPS:
            if "run" not in step or (failed and "always()" not in step.get("if", "")):
                continue
            if not self._condition(step.get("if", "")):
                continue
            if self._step(step) and not failed:
                failed = step["name"]
        return failed

    def _step(self, step: Json) -> int:
        output = self.temp / "output"
        output.write_text("")
        environment = {name: self._fill(str(value)) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.repository,
            env={
                "PATH": f"{self.temp}/bin:{os.environ['PATH']}",
                "HOME": str(self.temp),
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
                "GITHUB_REPOSITORY": "o/r",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        self.log += done.stdout + done.stderr
        if "id" in step:
            lines = output.read_text().splitlines()
            self.outputs[step["id"]] = dict(line.split("=", 1) for line in lines)
        return done.returncode

    def _fill(self, text: str) -> str:
        return EXPRESSION.sub(lambda found: self._value(found.group(1)), text)

    def _value(self, expression: str) -> str:
        if expression.startswith("inputs."):
            name = expression.removeprefix("inputs.")
            return self._fill(str(self.inputs.get(name, ACTION["inputs"][name]["default"])))
        if found := re.fullmatch(r"steps\.(\w+)\.outputs\.(\w+)", expression):
            return self.outputs.get(found.group(1), {}).get(found.group(2), "")
        return {
            "github.action_path": str(ROOT),
            "github.event_name": self.event,
            "github.event.pull_request.head.repo.full_name == github.repository": str(not self.fork).lower(),
            "github.event.pull_request.number": "7",
            "github.server_url": "https://github.example",
            "github.repository": "o/r",
            "github.run_id": "99",
            "github.token": "secret-token",
        }[expression]

    def _condition(self, text: str) -> bool:
        return all(
            part == "always()"
            or (
                (found := re.fullmatch(r"(\S+) (==|!=) '(.*)'", part)) is not None
                and (self._value(found.group(1)) == found.group(3)) == (found.group(2) == "==")
            )
            for part in filter(None, text.split(" && "))
        )

    def calls(self) -> list[str]:
        """The calls of `gh`."""
        path = self.temp / "gh"
        return path.read_text().splitlines() if path.exists() else []

    def posted(self) -> str:
        """The comment of the last call that has one."""
        return (self.temp / "posted").read_text()

    def summary(self) -> str:
        """The job summary."""
        path = self.temp / "summary"
        return path.read_text() if path.exists() else ""


def app(directory: Path, image: str, *, instance_types: list[str] | None = None) -> None:
    """Write an app that its synth command copies."""
    (directory / "assembly").mkdir(parents=True, exist_ok=True)
    request = definition()
    request["TrainingSpecification"]["TrainingImage"] = image
    if instance_types is not None:
        request["TrainingSpecification"]["SupportedTrainingInstanceTypes"] = instance_types
    artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Prod.template.json"}}
    manifest = {"version": "40.0.0", "artifacts": {"Prod": artifact}}
    (directory / "assembly" / "manifest.json").write_text(json.dumps(manifest))
    (directory / "assembly" / "Prod.template.json").write_text(json.dumps(template(resources(request))))
    (directory / "cdk.json").write_text("{}")
    (directory / "requirements.txt").write_text("")


def pull_request(tmp_path: Path, before: Json, after: Json) -> Runner:
    """A repository with the merge commit of a pull request checked out; `before` is what main has meanwhile."""
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "--quiet")
    (repository / "README").write_text("r")
    if before:
        app(repository, **before)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "base")
    git(repository, "checkout", "--quiet", "-b", "change")
    app(repository, **after)
    (repository / "CHANGES").write_text("c")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "change")
    git(repository, "checkout", "--quiet", "main")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "later")
    git(repository, "merge", "--quiet", "--no-ff", "-m", "merge", "change")
    temp = tmp_path / "temp"
    temp.mkdir()
    return Runner(repository=repository, temp=temp, inputs={"synth": SYNTH})


def test_a_change_is_compared_commented_and_annotated(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:2"})
    assert runner.run() == "", runner.log
    first, post = runner.calls()
    assert first.startswith("api --paginate repos/o/r/issues/7/comments ")
    assert post.startswith("api --method POST repos/o/r/issues/7/comments --field body=@")
    summary = runner.summary()
    assert summary.startswith(f"{MARKER}\n### SageMaker algorithms\n")
    base, head = (git(runner.repository, "rev-parse", "--short", name) for name in ("HEAD^1", "HEAD^2"))
    assert f"Deploying `{head}` over `{base}`." in summary
    assert "<sub>App in `.` · [run](https://github.example/o/r/actions/runs/99)</sub>" in runner.posted()
    assert "::warning title=diff-new-arn::Prod/Churn: " in runner.log
    assert runner.outputs["compare"]["changed"] == "true"
    assert f"{ROOT}[cli]" in (runner.temp / "pip").read_text()
    assert "secret-token" not in runner.log


def test_what_breaks_fails_the_job_after_the_comment(tmp_path: Path) -> None:
    before = {"image": "trees:1", "instance_types": ["ml.m5.large", "ml.m5.xlarge"]}
    runner = pull_request(tmp_path, before, {"image": "trees:1", "instance_types": ["ml.m5.large"]})
    assert runner.run() == "Outcome", runner.log
    assert len(runner.calls()) == 2
    runner.inputs["fail-on"] = ""
    assert runner.run() == "", runner.log


def test_the_comment_of_an_earlier_run_is_updated(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:1"})
    # More IDs than a pipe holds: what reads the first one must not end before `gh`.
    (runner.temp / "known").write_text("".join(f"{number}\n" for number in range(42, 50_000)))
    assert runner.run() == "", runner.log
    assert runner.calls()[1].startswith("api --method PATCH repos/o/r/issues/comments/42 ")


def jq(program: str, comments: list[Json], app: str) -> list[str]:
    done = subprocess.run(
        ["jq", "-r", program],
        input=json.dumps(comments),
        env={"APP": app, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_an_app_s_own_comment_is_found() -> None:
    def comment(number: int, app: str, author: str = "Bot", first: str = MARKER) -> Json:
        body = f"{first}\n### SageMaker algorithms\n\n<sub>App in `{app}` · [run](https://github.example)</sub>\n"
        return {"id": number, "user": {"type": author}, "body": body}

    (step,) = [step for step in STEPS if step["name"] == "Comment"]
    (program,) = re.findall(r"--jq '(.*?)'", step["run"], re.DOTALL)
    comments = [
        comment(1, ".", author="User"),
        comment(2, ".", first=f"> {MARKER}"),
        comment(3, "services/a"),
        comment(4, "."),
        comment(5, 'odd"$name'),
        {"id": 6, "user": {"type": "Bot"}, "body": "another bot's comment"},
    ]
    assert jq(program, comments, ".") == ["4"]
    assert jq(program, comments, "services/a") == ["3"]
    assert jq(program, comments, 'odd"$name') == ["5"]
    assert jq(program, comments, "services") == []


def test_a_job_can_use_the_action_for_several_apps(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:2"})
    assert runner.run() == "", runner.log
    assert runner.run() == "", runner.log


def test_a_runner_that_keeps_the_checkout_can_run_it_again(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:2"})
    assert runner.run() == "", runner.log
    # A runner empties its temporary directory after a job; a self-hosted one keeps the checkout.
    shutil.rmtree(runner.temp)
    runner.temp.mkdir()
    assert runner.run() == "", runner.log
    assert len(git(runner.repository, "worktree", "list").splitlines()) == 2


def test_findings_that_are_too_long_for_a_comment_are_in_the_summary(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:2"})
    runner.inputs["preflight"] = "true"
    long = "".join(f"- finding {number}\\n" for number in range(5000))
    runner.preflight = f"printf '**5000 errors**\\n\\n{long}' > \"$WORK/preflight.markdown\"; exit 3"
    assert runner.run() == "Outcome", runner.log
    assert "finding 4999" in runner.summary()
    assert "### Preflight\n\n**5000 errors**\n\nThe findings are too long" in runner.posted()
    assert len(runner.posted()) < 65_536


def test_nothing_is_commented_if_nothing_changes(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:1"})
    assert runner.run() == "", runner.log
    assert [call for call in runner.calls() if "--method" in call] == []
    assert "1 without change" in runner.summary()


def test_a_fork_s_report_goes_to_the_summary_only(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:2"})
    runner.fork = True
    assert runner.run() == "", runner.log
    assert runner.calls() == []
    assert "1 to replace and revalidate" in runner.summary()


def test_the_pull_request_that_adds_the_app_works(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, None, {"image": "trees:1"})
    assert runner.run() == "", runner.log
    assert "**1 to create" in runner.summary()


def test_a_checkout_without_parents_is_explained(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:2"})
    git(runner.repository, "checkout", "--quiet", "HEAD^2")
    assert runner.run() == "Check out the base"
    assert "give actions/checkout fetch-depth: 2" in runner.log
    assert runner.calls() == []
    runner.event = "push"
    assert runner.run() == "Check out the base"
    assert "use it on pull_request, not on push" in runner.log


def test_an_app_that_cannot_be_synthesized_fails_without_a_comment(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:2"})
    runner.inputs["synth"] = "echo no such module; exit 4"
    assert runner.run() == "Synthesize the base"
    assert runner.calls() == []


def annotated(runner: Runner, kind: str, message: str, status: int) -> None:
    """Let synthesis of the head write an annotation, and end with a status."""
    entry = json.dumps({"/Prod/Churn": [{"type": f"aws:cdk:{kind}", "data": message}]})
    program = (
        "import json,sys; p=sys.argv[1]+'/manifest.json'; m=json.load(open(p)); "
        "m['artifacts']['Prod']['metadata']=json.loads(sys.argv[2]); json.dump(m,open(p,'w'))"
    )
    runner.inputs["synth"] = (
        f'{SYNTH}; case "$CDK_OUTDIR" in *head.out) {sys.executable} -c {shlex.quote(program)} "$CDK_OUTDIR" '
        f"{shlex.quote(entry)}; exit {status};; esac"
    )


def test_errors_of_rules_are_in_the_comment_and_fail_the_job(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:1"})
    rule = "cdk-sagemaker-algorithm:hyper-parameter-default-range"
    annotated(runner, "error", f"default is outside the range (Annotation::{rule})", 1)
    assert runner.run() == "Outcome", runner.log
    assert "### Check\n\n**1 error" in runner.posted()
    assert f"Prod/Churn: default is outside the range (`{rule}`)" in runner.posted()
    assert f"::error title={rule.replace(':', '%3A')}::Prod/Churn: default is outside the range" in runner.log


def test_warnings_of_rules_are_in_the_comment_and_do_not_fail_the_job(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:2"})
    annotated(runner, "warning", "the tag can move [ack: cdk-sagemaker-algorithm:image-tag-moves]", 0)
    assert runner.run() == "", runner.log
    assert "### Check\n\n**1 warning" in runner.posted()


def test_a_synthesis_that_fails_for_another_reason_is_named(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:1"})
    annotated(runner, "error", "a finding of another library (Annotation::other:rule)", 2)
    assert runner.run() == "Outcome", runner.log
    assert "### Check\n\nSynthesis failed (exit status 2): see the log of this run." in runner.posted()


def test_prices_and_the_outcome_of_preflight_are_in_the_same_comment(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"image": "trees:1"}, {"image": "trees:2"})
    prices = {
        "currency": "USD",
        "region": "us-east-1",
        "date": "2026-11-01",
        "perHour": {"training": {"ml.m5.xlarge": 0.23}},
    }
    (runner.repository / "prices.json").write_text(json.dumps(prices))
    # No engine that this could find is on the PATH of a runner without Docker.
    runner.inputs |= {"prices": "prices.json", "preflight": "true", "preflight-options": "--engine missing-engine"}
    assert runner.run() == "Outcome", runner.log
    summary = runner.summary()
    assert "up to 0.69 USD" in summary
    assert "### Preflight\n\nThe validation profiles could not be run (exit status" in summary
    assert len(runner.calls()) == 2


def test_actions_are_pinned_and_permissions_are_the_least() -> None:
    (job,) = EXAMPLE["jobs"].values()
    used = [step["uses"] for step in [*STEPS, *job["steps"]] if "uses" in step]
    assert [name for name in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}|\./", name)] == []
    assert (EXAMPLE["permissions"], job["permissions"]) == ({}, {"contents": "read", "pull-requests": "write"})
    checkout = job["steps"][0]["with"]
    assert checkout == {"fetch-depth": 2, "persist-credentials": False}
    # `True` is what YAML 1.1 makes of `on`.
    assert EXAMPLE[True] == {"pull_request": None}


def test_no_expression_is_part_of_a_script() -> None:
    assert [step["name"] for step in STEPS if "${{" in step.get("run", "")] == []
    with_token = [step["name"] for step in STEPS if "inputs.token" in json.dumps(step)]
    assert with_token == ["Comment"]


@pytest.mark.parametrize("step", [step for step in STEPS if "run" in step], ids=lambda step: step["name"])
def test_its_shell_is_well_formed(step: Json) -> None:
    assert step["shell"] == "bash"
    done = subprocess.run(["bash", "-n"], input=step["run"], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
