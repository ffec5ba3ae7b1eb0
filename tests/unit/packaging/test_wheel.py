"""The wheel: its files, and its use without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import cdk_sagemaker_algorithm_provider as provider

# The wheel and its environment are made once.
pytestmark = pytest.mark.xdist_group("wheel")

ROOT = Path(__file__).parents[3]
APP = """
import aws_cdk as cdk
from cdk_sagemaker_algorithm import Algorithm, ChannelSpecification, TrainingSpecification
app = cdk.App(outdir="cdk.out")
Algorithm(
    cdk.Stack(app, "Elsewhere"),
    "Algorithm",
    training_specification=TrainingSpecification(
        training_image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/forest:1",
        supported_training_instance_types=["ml.m5.large"],
        training_channels=[ChannelSpecification.file("training", content_types=["text/csv"])],
    ),
)
app.synth()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def files(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and none of the checkout; its dependencies are the tests' own."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "venv", with_pip=False)
    (packages,) = (folder / "venv").glob("lib/python*/site-packages")
    python = folder / "venv/bin/python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel)],
        check=True,
        capture_output=True,
    )
    # A .pth file would bring in the checkout's editable install along with the dependencies; a path does not.
    dependencies = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "dependencies.pth").write_text(f"{dependencies}\n", encoding="utf-8")
    return folder


def synthesized(python: Path, folder: Path) -> dict[str, object]:
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(APP, encoding="utf-8")
    subprocess.run(
        [str(python), "app.py"],
        cwd=folder,
        check=True,
        env={**os.environ, "PYTHONPATH": "", "CDK_VALIDATION": "false"},
    )
    manifest: dict[str, object] = json.loads((folder / "cdk.out/Elsewhere.assets.json").read_text(encoding="utf-8"))
    return manifest


def test_the_source_roots_are_no_packages() -> None:
    assert not (ROOT / "constructs/__init__.py").exists()
    assert not (ROOT / "lambda/__init__.py").exists()


def test_the_wheel_has_the_two_packages_and_nothing_that_shadows_another(files: list[str]) -> None:
    tops = {name.split("/")[0] for name in files}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "cdk_sagemaker_algorithm",
        "cdk_sagemaker_algorithm_provider",
    }


def test_the_wheel_is_typed_and_has_its_data_and_licence(files: list[str]) -> None:
    assert "cdk_sagemaker_algorithm/py.typed" in files
    assert "cdk_sagemaker_algorithm_provider/models/sagemaker/2017-07-24/service-2.json" in files
    assert "cdk_sagemaker_algorithm/local/requirements.txt" in files
    assert "cdk_sagemaker_algorithm/monitoring/formats/html_report/templates/report.html.j2" in files
    assert "cdk_sagemaker_algorithm/monitoring/formats/html_report/templates/report.css" in files
    assert any(name.endswith("licenses/LICENSE") for name in files)


def test_the_metadata_tells_the_ranges_and_the_extra(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith("METADATA"))
        metadata = archive.read(name).decode()
    assert "Requires-Dist: aws-cdk-lib<3,>=2.275" in metadata
    assert "Requires-Dist: constructs<11,>=10.5" in metadata
    assert "Requires-Python: >=3.11" in metadata
    assert "License-Expression: Apache-2.0" in metadata
    assert "Classifier: Framework :: AWS CDK :: 2" in metadata
    assert "Provides-Extra: cli" in metadata


def test_the_asset_is_the_same_from_the_wheel_and_from_the_checkout(elsewhere: Path, tmp_path: Path) -> None:
    installed = synthesized(elsewhere / "venv/bin/python", elsewhere / "app")
    (tmp_path / "app").mkdir()
    checkout = synthesized(Path(sys.executable), tmp_path / "app")
    assert installed["files"] == checkout["files"]


@pytest.mark.parametrize("command", [["cdk-sagemaker-algorithm"], ["python", "-m", "cdk_sagemaker_algorithm"]])
def test_the_command_runs_from_the_wheel(elsewhere: Path, command: list[str]) -> None:
    program, *arguments = command
    for option in ("--version", "--help"):
        done = subprocess.run(
            [str(elsewhere / "venv/bin" / program), *arguments, option],
            check=True,
            capture_output=True,
            text=True,
            cwd=elsewhere,
            env={**os.environ, "PYTHONPATH": ""},
        )
        assert "cdk-sagemaker-algorithm" in done.stdout


def test_the_wheel_is_what_was_imported(elsewhere: Path) -> None:
    code = "import cdk_sagemaker_algorithm as a, constructs as c; print(a.__file__, c.__file__)"
    output = subprocess.run(
        [str(elsewhere / "venv/bin/python"), "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": ""},
    ).stdout.split()
    assert output[0].startswith(str(elsewhere))
    assert "constructs/__init__.py" in output[1]
    assert str(ROOT / "constructs") not in output[1]


def test_compiled_files_do_not_change_the_asset(tmp_path: Path) -> None:
    clean = synthesized(Path(sys.executable), tmp_path / "clean")
    cache = Path(provider.__file__).parent / "__pycache__"
    cache.mkdir(exist_ok=True)
    stray = cache / "stray.cpython-311.pyc"
    stray.write_bytes(b"not even bytecode")
    try:
        littered = synthesized(Path(sys.executable), tmp_path / "littered")
    finally:
        stray.unlink()
    assert clean["files"] == littered["files"]


def test_the_asset_holds_the_handler_and_nothing_else(tmp_path: Path) -> None:
    synthesized(Path(sys.executable), tmp_path / "app")
    (staged,) = (path for path in (tmp_path / "app/cdk.out").glob("asset.*") if path.is_dir())
    assert [path.name for path in staged.iterdir()] == ["cdk_sagemaker_algorithm_provider"]
    kinds = {path.suffix for path in staged.rglob("*") if path.is_file()}
    assert kinds == {".py", ".json", ".typed"}
