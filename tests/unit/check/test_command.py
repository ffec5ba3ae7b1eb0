"""`cdk-sagemaker-algorithm check`: what it prints, where it points, and how it exits."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cdk_sagemaker_algorithm.cli.app import run
from cdk_sagemaker_algorithm.reporting.formats import FindingFormat
from cdk_sagemaker_algorithm.rules import ID_PREFIX, RULES, Rule
from cdk_sagemaker_algorithm.rules import examples as ex
from tests.support.json_schemas import validate

GOOD = json.dumps(ex.completed({}), indent=2)
WARNED = json.dumps(ex.completed(ex.hyper_parameters({"Name": "m", "Type": "Integer"})), indent=2)
BAD = """\
{
  "AlgorithmName": "trees",
  "TrainingSpecification": {
    "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/trees:1",
    "SupportedTrainingInstanceTypes": ["ml.m5.large", "m5.xlarge"],
    "TrainingChannel": [],
    "SupportsDistributedTraining": "yes"
  }
}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "algorithm.json"


def checked(file: Path, text: str, *options: str) -> int:
    file.write_text(text, encoding="utf-8")
    return run(["check", *options, file.name])


def test_nothing_wrong(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(file, GOOD) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "no findings in 1 file\n"


def test_each_finding_is_a_line_with_its_place(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(file, BAD) == 3
    out, err = capsys.readouterr()
    places = [tuple(line.split(": ")[:3]) for line in out.splitlines() if line.startswith("algorithm.json:")]
    assert places == [
        ("algorithm.json:5:55", "error", "TrainingSpecification.SupportedTrainingInstanceTypes[1]"),
        ("algorithm.json:6:5", "error", "TrainingSpecification.TrainingChannel"),
        ("algorithm.json:7:36", "error", "TrainingSpecification.SupportsDistributedTraining"),
    ]
    assert "did you mean TrainingChannels?" in out
    assert f"[{ID_PREFIX}wrong-type]" in out
    assert err == "3 errors in 1 file\n"


def test_what_is_missing_is_shown_where_it_should_be(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(file, '\n  {"AlgorithmName": "trees"}') == 3
    assert capsys.readouterr().out.startswith("algorithm.json:2:3: error: TrainingSpecification: is required")


def test_warnings_fail_only_when_strict(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(file, WARNED) == 0
    assert ": warning: " in capsys.readouterr().out
    assert checked(file, WARNED, "--strict") == 3
    assert checked(file, WARNED, "--strict", "--ignore", "hyper-parameter-range-missing") == 0


def test_ignoring_wants_a_rule_that_may_be_ignored(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(file, BAD, "--ignore", "wrong-type") == 2
    assert "SageMaker always rejects it" in capsys.readouterr().err
    assert checked(file, BAD, "--ignore", "no-such-rule") == 2


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", "1:1", "the file is empty"),
        (" \n", "2:1", "the file is empty"),
        ("TrainingSpecification: {}", "1:1", "it begins with 'T'; convert YAML and JSON with comments to JSON"),
        ('// a comment\n{"a": 1}', "1:1", "it begins with '/'; convert YAML"),
        ('{"a": ', "1:7", "the text ends too early"),
        ('{"a": 1,}', "1:9", "there is one comma too many"),
        ('{"a": [1,\n  ]}', "2:3", "there is one comma too many"),
        ('{"a" 1}', "1:6", "a colon is missing after the key"),
        ('{"a": 1 "b": 2}', "1:9", "a comma or } is missing"),
        ('{"a": [1 2]}', "1:10", "a comma or ] is missing"),
        ("{a: 1}", "1:2", "a key in double quotes is missing"),
        ('{"a": }', "1:7", "a value is missing"),
        ('{"a": "b', "1:7", "unterminated string"),
        ('{"a": "\t"}', "1:8", "invalid control character"),
        ('{"a": NaN}', "1:7", "NaN is not JSON"),
        ('{"a": 1}\n]', "2:1", "unexpected text after the end of the value"),
        ('{"a": ' + "9" * 5000 + "}", "1:7", "Exceeds the limit"),
        ("[" * 5000, "1:1", "the nesting is too deep"),
    ],
    ids=lambda value: value[:20],
)
def test_malformed_json_is_a_finding_with_its_place(
    file: Path, capsys: pytest.CaptureFixture[str], text: str, place: str, problem: str
) -> None:
    assert checked(file, text) == 3
    out = capsys.readouterr().out
    assert out.startswith(f"algorithm.json:{place}: error: (the request): is not JSON: ")
    assert problem in out
    assert f"[{ID_PREFIX}json-syntax]" in out


def test_a_key_that_is_there_twice_is_a_finding(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = GOOD.replace("{", '{"AlgorithmName": "shrubs",\n', 1)
    assert checked(file, text) == 3
    assert "algorithm.json:3:3: error: AlgorithmName: is a duplicate key" in capsys.readouterr().out
    assert checked(file, text, "--ignore", "json-duplicate-key") == 0


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b'{"AlgorithmName": "a"}')))
    assert run(["check", "-"]) == 3
    assert capsys.readouterr().out.startswith("stdin:1:1: error: ")


def test_a_byte_order_mark_is_no_part_of_the_text(file: Path) -> None:
    assert checked(file, "\ufeff" + GOOD) == 0


def test_an_unreadable_file_is_wrong_usage_and_the_others_are_checked(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(WARNED, encoding="utf-8")
    Path("latin.json").write_bytes(b'{"a": "\xe9"}')
    assert run(["check", "missing.json", file.name, "latin.json"]) == 2
    out, err = capsys.readouterr()
    assert "algorithm.json:" in out
    assert "error: missing.json: no such file or directory" in err
    assert "error: latin.json: byte 7 is not UTF-8" in err
    assert "2 not checked" in err
    assert "not checked" not in out


@pytest.mark.usefixtures("file")
def test_json_and_sarif_say_what_could_not_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "missing.json", "--format", "json"]) == 2
    report = json.loads(capsys.readouterr().out)
    validate(report, "findings-schema.json")
    reason = "no such file or directory; give the path of a JSON file, or - for standard input"
    assert report["notChecked"] == [
        {"check": "readable", "subject": "missing.json", "reason": reason, "followsFrom": None}
    ]
    assert report["checked"] == []
    assert run(["check", "missing.json", "--format", "sarif"]) == 2
    (invocation,) = json.loads(capsys.readouterr().out)["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"]["text"] == f"missing.json: not checked: {reason}"


def test_json_output(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(file, BAD, "--format", "json") == 3
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert err == ""
    assert (report["kind"], report["errors"], report["warnings"]) == ("check", 3, 0)
    assert report["checked"] == ["algorithm.json"]
    found = report["findings"][2]
    assert {name: found[name] for name in ("rule", "level", "file", "line", "column", "path", "message")} == {
        "rule": ID_PREFIX + "wrong-type",
        "level": "error",
        "file": "algorithm.json",
        "line": 7,
        "column": 36,
        "path": "TrainingSpecification.SupportsDistributedTraining",
        "message": 'expected true or false, got the string "yes"',
    }
    assert found["value"] == "yes"
    assert found["pythonPath"] == "training_specification.supports_distributed_training"
    assert "value" not in report["findings"][1]


@pytest.mark.parametrize("name", list(FindingFormat))
def test_every_format_is_written_to_a_file(file: Path, name: FindingFormat) -> None:
    assert checked(file, BAD, "--format", name, "-o", "report") == 3
    assert "SupportedTrainingInstanceTypes" in Path("report").read_text(encoding="utf-8")
    assert checked(file, BAD, "--format", name, "-o", "report") == 2
    assert checked(file, BAD, "--format", name, "-o", "report", "--force") == 3


def test_a_caret_stands_below_the_place(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(file, BAD) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].index('"m5.xlarge"') == lines[2].index("^")


def test_a_long_line_is_cut_around_the_place(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(file, json.dumps(json.loads(BAD))) == 3
    lines = capsys.readouterr().out.splitlines()
    assert len(lines[1]) <= 80
    assert lines[1].index('"m5.xlarge"') == lines[2].index("^")


def test_no_line_with_what_may_be_a_secret_is_shown(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = ex.completed(ex.inference(Containers=[{"Image": "trees:1", "Environment": {"KEY": "hunter2"}}]))
    for indent in (None, 2):
        assert checked(file, json.dumps(request, indent=indent)) == 3
        assert "hunter2" not in capsys.readouterr().out


def test_a_folder_stands_for_the_requests_below_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = file.parent / "algorithms" / "more"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(BAD, encoding="utf-8")
    (folder / "package.json").write_text("{}", encoding="utf-8")
    (folder / "comments.json").write_text("// none", encoding="utf-8")
    hidden = file.parent / "algorithms" / "cdk.out"
    hidden.mkdir()
    (hidden / "b.json").write_text(BAD, encoding="utf-8")

    assert run(["check", "algorithms"]) == 3
    out, err = capsys.readouterr()
    assert {line.split(":")[0] for line in out.splitlines() if ": error: " in line} == {"algorithms/more/a.json"}
    assert err == "3 errors in 1 file\n"


def test_a_folder_without_a_request_is_wrong_usage(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file.parent / "empty").mkdir()
    assert run(["check", "empty"]) == 2
    assert "empty: no CreateAlgorithm request" in capsys.readouterr().err
    assert run(["check"]) == 2


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_rule_is_explained(rule: Rule, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--explain", rule.name]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{rule.name} ({rule.level}; ")
    assert rule.sentence[1:] in out
    assert rule.source in out
    assert "Passes:" in out or "passes with" in out


def test_an_unknown_rule_is_not_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--explain", "image-regoin"]) == 2
    assert "did you mean 'image-region'?" in capsys.readouterr().err


def test_where_it_goes_is_compared(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(file, GOOD, "--region", "us-east-1", "--account", ex.ACCOUNT) == 0
    assert checked(file, GOOD, "--region", "eu-west-1") == 3
    assert "is in us-east-1, but the stack's region is eu-west-1" in capsys.readouterr().out


def sarif(file: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert checked(file, BAD, "--format", "sarif") == 3
    log: dict[str, Any] = json.loads(capsys.readouterr().out)
    return log


def test_sarif_has_what_the_standard_requires(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = sarif(file, capsys)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (sole,) = log["runs"]
    driver = sole["tool"]["driver"]
    assert driver["name"] == "cdk-sagemaker-algorithm"
    assert sole["columnKind"] in {"unicodeCodePoints", "utf16CodeUnits"}
    assert [rule["id"] for rule in driver["rules"]] == [rule.id for rule in RULES.values()]
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in {"error", "warning"}


def test_sarif_results_point_at_rules_and_places(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sole,) = sarif(file, capsys)["runs"]
    assert len(sole["results"]) == 3
    for result in sole["results"]:
        assert sole["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == "error"
        assert result["message"]["text"]
    place = sole["results"][1]["locations"][0]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "algorithm.json"},
        "region": {"startLine": 6, "startColumn": 5},
    }
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "TrainingSpecification.TrainingChannel"


def test_sarif_addresses_are_relative_where_they_can_be(
    file: Path, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "b.json"
    inside = file.parent / "sub dir" / "a.json"
    inside.parent.mkdir()
    for path in (elsewhere, inside):
        path.write_text(BAD, encoding="utf-8")
    assert run(["check", "--format", "sarif", str(inside), str(elsewhere)]) == 3
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    uris = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results}
    assert uris == {"sub%20dir/a.json", elsewhere.as_uri()}


def test_a_terminal_gets_colors(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert checked(file, BAD) == 3
    assert "\x1b[" in capsys.readouterr().out


def test_it_starts_without_the_cdk_boto_and_rich(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    code = (
        "import sys; from cdk_sagemaker_algorithm.cli.app import run; status = run(['check', 'algorithm.json']);"
        "print(status, sorted({'aws_cdk', 'jsii', 'botocore', 'boto3', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 []"


def test_the_pre_commit_hook_runs_this_command(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hooks = (Path(__file__).parents[3] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    (entry,) = (line.split(":", 1)[1].split() for line in hooks.splitlines() if line.strip().startswith("entry:"))
    file.write_text(BAD, encoding="utf-8")
    assert entry[0] == "cdk-sagemaker-algorithm"
    assert run([*entry[1:], file.name]) == 3
    assert "algorithm.json:5:55" in capsys.readouterr().out


def assembly(folder: Path, entries: dict[str, list[dict[str, str]]]) -> str:
    """Write an assembly of one stack, with annotations by construct path."""
    (folder / "cdk.out").mkdir()
    artifact = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "S.template.json"},
        "additionalMetadataFile": "S.metadata.json",
    }
    (folder / "cdk.out" / "manifest.json").write_text(json.dumps({"version": "40.0.0", "artifacts": {"S": artifact}}))
    (folder / "cdk.out" / "S.template.json").write_text(json.dumps({"Resources": {}}))
    (folder / "cdk.out" / "S.metadata.json").write_text(json.dumps(entries))
    return str(folder / "cdk.out")


FOUND = {
    "/S/A": [
        {"type": "aws:cdk:warning", "data": f"x: the tag can move [ack: {ID_PREFIX}image-tag-moves]"},
        {
            "type": "aws:cdk:error",
            "data": f"y: is 9; allowed: 1 (one) to 3 (Annotation::{ID_PREFIX}hyper-parameter-default-range)",
        },
        {"type": "aws:cdk:error", "data": "another library (Annotation::AwsSolutions-IAM5)"},
        {"type": "aws:cdk:info", "data": f"watch it [ack: {ID_PREFIX}watch]"},
        {"type": "aws:cdk:warning", "data": "no ID"},
    ]
}


def test_an_assembly_has_the_findings_of_its_synthesis(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = assembly(tmp_path, FOUND)
    assert run(["check", path]) == 3
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == f"S/A: warning: x: the tag can move [{ID_PREFIX}image-tag-moves]"
    assert f"S/A: error: y: is 9; allowed: 1 (one) to 3 [{ID_PREFIX}hyper-parameter-default-range]" in out
    assert "another library" not in out
    assert "watch it" not in out
    assert err == "1 error and 1 warning in 1 input\n"
    assert run(["check", path, "--ignore", "hyper-parameter-default-range", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    validate(found, "findings-schema.json")
    assert [each["rule"] for each in found["findings"]] == [f"{ID_PREFIX}image-tag-moves"]


def test_an_assembly_that_cannot_be_read_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = assembly(tmp_path, FOUND)
    (tmp_path / "cdk.out" / "S.template.json").unlink()
    assert run(["check", path]) == 2
    assert "S.template.json" in capsys.readouterr().err


def test_a_folder_of_requests_may_have_a_manifest_of_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("requests").mkdir()
    Path("requests/manifest.json").write_text('[{"prefix": "s3://bucket/"}]', encoding="utf-8")
    Path("requests/algorithm.json").write_text(BAD, encoding="utf-8")
    assert run(["check", "requests"]) == 3
    assert capsys.readouterr().err == "3 errors in 1 file\n"


def test_assemblies_and_requests_are_checked_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = assembly(tmp_path, FOUND)
    Path("bad.json").write_text(BAD, encoding="utf-8")
    Path("good.json").write_text(GOOD, encoding="utf-8")
    assert run(["check", "bad.json", path, "good.json", path]) == 3
    assert capsys.readouterr().err == "4 errors and 1 warning in 3 inputs\n"
