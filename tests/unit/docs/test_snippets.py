"""Every Python block of the documentation runs."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.cx_api import SynthesisMessageLevel

import cdk_sagemaker_algorithm
from cdk_sagemaker_algorithm import Algorithm
from scripts.write_snippets import written
from tests.support.pages import PAGES, ROOT, Fence, fences
from tests.support.snippets import FOLDER, assembly, templates

PYTHON = fences("python")
GUIDES = sorted(path.stem for path in FOLDER.glob("guide_*.py"))
SPECIFICATION = {
    "TrainingImage": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/forest:1.0",
    "SupportedTrainingInstanceTypes": ["ml.m5.large"],
    "TrainingChannels": [{"Name": "train", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]}],
}


class _Elided(ast.NodeTransformer):
    """In a block, ``argument=...`` stands for what the reader has there."""

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        self.generic_visit(node)
        if node.arg is not None and isinstance(node.value, ast.Constant) and node.value.value is ...:
            node.value = ast.copy_location(ast.Name(node.arg, ast.Load()), node.value)
        return node


def surroundings(folder: Path) -> dict[str, Any]:
    """What a block may take for granted: an app, a stack, a definition, and the names of the libraries."""
    app = cdk.App(outdir=str(folder))
    stack = cdk.Stack(app, "Stack")
    library: Any = cdk_sagemaker_algorithm
    return {
        **vars(cdk),
        **{name: getattr(library, name) for name in library.__all__},
        "cdk": cdk,
        "app": app,
        "stack": stack,
        "self": stack,
        "training_specification": SPECIFICATION,
    }


def run(fence: Fence, folder: Path) -> cdk.App:
    names = surroundings(folder)
    given = set(names)
    tree = ast.fix_missing_locations(_Elided().visit(ast.parse(fence.body)))
    exec(compile(tree, fence.id, "exec"), names)  # noqa: S102 - the documentation's own code
    app: cdk.App = names["app"]
    for name in names.keys() - given:
        if isinstance(names[name], type) and issubclass(names[name], cdk.Stack) and names[name] is not cdk.Stack:
            names[name](app, name)
    app.synth()
    return app


def own_blocks() -> list[Fence]:
    return [fence for fence in PYTHON if not fence.snippet]


def files(folder: Path) -> None:
    """The files that blocks read: a request, sample data, and two assemblies."""
    (folder / "data/training").mkdir(parents=True)
    (folder / "data/training/rows.csv").write_text("yes,1.5\n", encoding="utf-8")
    for assembled in ("base/cdk.out", "cdk.out"):
        app = cdk.App(outdir=str(folder / assembled))
        Algorithm(cdk.Stack(app, "Forest"), "Forest", training_specification=SPECIFICATION)
        app.synth()
    source = ast.parse((FOLDER / "from_request.py").read_text(encoding="utf-8"))
    (request,) = (
        ast.literal_eval(node.value)
        for node in source.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "request"
    )
    (folder / "algorithm.json").write_text(json.dumps(request), encoding="utf-8")


@pytest.mark.parametrize("fence", own_blocks(), ids=lambda fence: fence.id)
def test_a_block_runs_and_synthesizes(fence: Fence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files(tmp_path)
    monkeypatch.chdir(tmp_path)

    run(fence, tmp_path / "own.out")


def test_a_block_that_is_wrong_does_not_run(tmp_path: Path) -> None:
    wrong = Fence("page.md", 1, "python", 'Algorithm(self, "A", training_specification=..., algorithm_nam="a")')

    with pytest.raises(TypeError, match="algorithm_nam"):
        run(wrong, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_shows_current_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert text == written(text), "run scripts/write_snippets.py"


def test_an_outdated_page_is_rewritten() -> None:
    page = "<!-- snippet: guide_seller.py:inference -->\n```python\nold\n```\n"

    assert written(page).splitlines()[2] == "inference = InferenceSpecification("
    assert written(written(page)) == written(page)


def test_every_snippet_is_in_the_documentation() -> None:
    shown = {fence.snippet.partition(":")[0] for fence in PYTHON if fence.snippet}
    # The guide to the Marketplace has its own, with the image in a stack of its own.
    assert {path.name for path in FOLDER.glob("*.py")} - shown == {"marketplace_seller.py"}


@pytest.mark.parametrize("name", GUIDES)
def test_a_guides_program_synthesizes_without_a_warning(name: str) -> None:
    made = assembly(name)

    assert any(template["Resources"] for template in templates(name).values())
    messages = [message for stack in made.stacks for message in stack.messages]
    assert [message.entry.data for message in messages if message.level != SynthesisMessageLevel.INFO] == []


def test_the_sellers_algorithm_comes_after_its_image() -> None:
    registry, seller = templates("guide_seller")["ForestRegistry"], templates("guide_seller")["Forest"]

    assert {each["Type"] for each in registry["Resources"].values()} == {"AWS::ECR::Repository"}
    (algorithm,) = (each for each in seller["Resources"].values() if each["Type"] == "Custom::SageMakerAlgorithm")
    assert algorithm["Properties"]["CertifyForMarketplace"] is True
    assert algorithm["UpdateReplacePolicy"] == "Retain"


def test_the_arn_for_another_stack_is_no_export() -> None:
    for name in ("guide_other_stack", "guide_parameter"):
        for template in templates(name).values():
            assert [each for each in template.get("Outputs", {}).values() if "Export" in each] == []
