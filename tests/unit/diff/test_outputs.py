"""The report as text, Markdown and JSON."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from cdk_sagemaker_algorithm.diff import Report, Verdict, compare
from cdk_sagemaker_algorithm.diff.formats.json import SCHEMA_VERSION, to_json
from cdk_sagemaker_algorithm.diff.formats.markdown import MARKER, code, code_free, html_code, to_markdown
from cdk_sagemaker_algorithm.diff.formats.terminal import to_text
from cdk_sagemaker_algorithm.model.display_text import printable
from tests.support.definitions import pairs
from tests.support.requests import create_algorithm_requests
from tests.support.templates import channel, definition, hyperparameter, resources, stack, template

Json = Any

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "diff-schema.json").read_text(encoding="utf-8"))


TOP = [
    "TrainingSpecification",
    "InferenceSpecification",
    "ValidationSpecification",
    "Tags",
    "Revision",
    "AlgorithmName",
]
MEMBERS = [
    *("SupportedHyperParameters", "TrainingChannels", "MetricDefinitions", "SupportedTuningJobObjectiveMetrics"),
    *("Name", "Type", "Range", "IsRequired", "DefaultValue", "Containers", "SupportedContentTypes", "Environment"),
    *("ValidationProfiles", "TrainingJobDefinition", "ResourceConfig", "InstanceGroups", "InstanceCount", "Key"),
    *("IntegerParameterRangeSpecification", "MinValue", "SupportedTrainingInstanceTypes", "StoppingCondition"),
]


def validate(document: Json) -> None:
    validator: Any = import_module("jsonschema").Draft202012Validator
    validator.check_schema(SCHEMA)
    validator(SCHEMA).validate(document)


def report(before: Json, after: Json) -> Report:
    return compare([stack(before)], [stack(after)])


def typical() -> Report:
    request = definition()
    hyperparameter(request, "max_depth")["Range"]["IntegerParameterRangeSpecification"]["MaxValue"] = "16"
    channel(request, "train")["Description"] = "Rows"
    request["TrainingSpecification"]["TrainingImage"] = {"Ref": "Image"}
    return report(
        template(resources(definition()), resources(definition(), "Prod/Old"), resources(definition(), "Prod/Same")),
        template(
            resources(request),
            resources(definition(), "Prod/New"),
            resources(definition(), "Prod/Same"),
            Parameters={"Image": {"Type": "String", "Default": "trees:2"}},
        ),
    )


def render(found: Report, *, colors: bool = False) -> str:
    console = Console(width=200, soft_wrap=True, force_terminal=colors, color_system="standard" if colors else None)
    with console.capture() as capture:
        console.print(to_text(found))
    return capture.get()


TEXT = """\
1 replaced and revalidated, 1 removed, 1 created, 1 unchanged in effect; breaking for those who use it; validation at \
most 6 instance-hours, and jobs without a limit

Prod/Churn  replaced and revalidated  breaking
  breaking         hyperparameter max_depth: range 1\N{EN DASH}32 -> 1\N{EN DASH}16
                     values that were accepted are refused now; accepted before: max_depth=32
  undecided        training: image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/trees:1 -> ${Image}
                     depends on parameter Image, default 'trees:2', which the deployment may override
  documentation    channel train: description Rows to learn from -> Rows
  validation  at most 3 instance-hours, and transform without a limit
    training job of profile small on 2 x ml.m5.xlarge, at most 1 h 30 min: 3 instance-hours
    transform job of profile small on 1 x ml.m5.large (the API has no maximum runtime for it)
  note  it gets another name and ARN, which whoever wrote them down has to change; the old one is deleted when the new \
one has passed validation

Prod/Old  removed  breaking
"""


def test_text_says_it_all_verdict_first() -> None:
    text = render(typical())
    assert text.startswith(TEXT)
    assert "\nProd/Same  unchanged in effect\n" in text


def test_text_has_colors_in_a_terminal_only() -> None:
    assert "\x1b[" in render(typical(), colors=True)
    assert "\x1b[" not in render(typical())


def test_nothing_to_compare() -> None:
    assert render(report(template(), template())) == "no SageMaker algorithms in either\n"
    assert to_markdown(report(template(), template())).startswith(f"{MARKER}\n**SageMaker algorithms: no")


def test_markdown_starts_with_marker_and_verdict() -> None:
    lines = to_markdown(typical()).splitlines()
    assert lines[0] == "<!-- cdk-sagemaker-algorithm diff -->"
    assert lines[1].startswith("**SageMaker algorithms: 1 replaced and revalidated, 1 removed, 1 created")
    row = next(line for line in lines if "`Prod/Churn`" in line)
    assert row == (
        "| \N{LARGE RED CIRCLE} | `Prod/Churn` | **replaced and revalidated** | breaking | "
        "at most 3 instance-hours, and transform without a limit |"
    )
    assert lines.count("<details>") == lines.count("</details>") == 3


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</details><h1>x</h1>",
    "<!-- cdk-sagemaker-algorithm diff -->",
    "--> <script>",
    "[link](https://example.org)",
    "https://example.org www.example.org",
    "@everyone #1 GH-1 !1",
    "a | b | c",
    "a \\| b \\",
    "`code` ``more`` `",
    "**bold** _it_ ~~no~~",
    "line\n\n# heading\n/close",
    "\u202eabc\u2066",
    "\x1b[31mred\x1b[0m",
    "&lt;b&gt; &#60;b&#62;",
    "$`formula`$ $$x$$",
    "[red]rich[/red]",
    " leading and trailing ",
]


def attacked(text: str) -> Report:
    before, after = definition(), definition()
    hyperparameter(before, "max_depth")["Name"] = text
    hyperparameter(after, "eta")["Name"] = f"{text}2"
    channel(after, "train")["Description"] = text
    after["TrainingSpecification"]["TrainingImage"] = text
    after["ValidationSpecification"]["ValidationProfiles"][0]["ProfileName"] = text
    before["AlgorithmName"], after["AlgorithmName"] = text, text
    tags = [{"Key": text, "Value": text}]
    return report(
        template(resources(before, f"Prod/{text}", "A")), template(resources(after, f"Prod/{text}", "A", Tags=tags))
    )


def allowed_html(token: str) -> bool:
    return bool(re.fullmatch(r"</?(details|summary|code)>", token))


@pytest.mark.parametrize("text", HOSTILE)
def test_nobody_s_text_becomes_markup(text: str) -> None:
    markdown = to_markdown(attacked(text))
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = parser.parse(markdown)
    flat = [leaf for token in tokens for leaf in [token, *(token.children or [])]]
    assert not [leaf.type for leaf in flat if leaf.type in ("link_open", "image", "em_open", "s_open", "heading_open")]
    for leaf in flat:
        if leaf.type in ("html_inline", "html_block"):
            tags = re.findall(r"<[^>]*>", leaf.content)
            assert all(allowed_html(tag) or tag == MARKER for tag in tags), leaf.content
    assert sum(MARKER in leaf.content for leaf in flat if leaf.type == "html_block") == 1
    rows = re.findall(r"<tr>(.*?)</tr>", parser.render(markdown), re.DOTALL)
    # A pipe of somebody's would push the last cells out of the row, and leave none of them empty elsewhere.
    assert [row.count("<td>") for row in rows if "<td>" in row] == [5] + [4] * (len(rows) - 3)
    assert all("accepted before" in row or "breaking" not in row for row in rows[3:])


@pytest.mark.parametrize("text", HOSTILE)
def test_nobody_s_text_reaches_the_terminal_as_a_command(text: str) -> None:
    found = render(attacked(text))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", found)
    assert printable(text) in found


@settings(deadline=None)
@given(st.text(max_size=80))
def test_a_code_span_shows_the_text_and_stays_in_its_cell(text: str) -> None:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    html = parser.render(f"| a | b |\n|---|---|\n| {code(text)} | {code_free(text)} |\n")
    assert html.count("<td>") == 2
    assert len(re.findall(r"<(?!/?(?:table|thead|tbody|tr|th|td|code)>)", html)) == 0
    assert "<" not in re.sub(r"^<code>|</code>$", "", html_code(text))


def test_markdown_keeps_to_the_limit_of_a_comment() -> None:
    before = template(*(resources(definition(), f"Prod/A{number}") for number in range(60)))
    request = definition()
    for item in request["TrainingSpecification"]["SupportedHyperParameters"]:
        item["Description"] = "x" * 500
    after = template(*(resources(request, f"Prod/A{number}") for number in range(60)))
    found = report(before, after)
    markdown = to_markdown(found)
    assert len(markdown) <= 60_000
    assert re.search(r"Details of \d+ more are left out, because a comment is limited", markdown)
    assert markdown.count("<details>") == markdown.count("</details>") > 0
    short = to_markdown(found, limit=2_000)
    assert len(short) <= 2_000
    assert "The table is cut" in short


def test_json_follows_its_schema() -> None:
    document = json.loads(json.dumps(to_json(typical())))
    validate(document)
    assert document["schemaVersion"] == SCHEMA_VERSION == SCHEMA["properties"]["schemaVersion"]["const"]
    assert (document["breaking"], document["replacement"], document["undecided"]) == (True, True, True)
    assert document["counts"]["replaced"] == 1
    assert document["algorithms"][0]["changes"][0] == {
        "impact": "breaking",
        "subject": "hyperparameter max_depth",
        "change": "range 1\N{EN DASH}32 -> 1\N{EN DASH}16",
        "path": "TrainingSpecification.SupportedHyperParameters[max_depth].Range",
        "reason": "values that were accepted are refused now",
        "counterexample": "max_depth=32",
        "before": {"IntegerParameterRangeSpecification": {"MaxValue": "32", "MinValue": "1"}},
        "after": {"IntegerParameterRangeSpecification": {"MaxValue": "16", "MinValue": "1"}},
    }


def test_the_schema_knows_every_verdict_and_impact() -> None:
    assert SCHEMA["$defs"]["verdict"]["enum"] == [verdict.value for verdict in Verdict]


@settings(max_examples=25, deadline=None)
@given(create_algorithm_requests() | pairs().map(lambda pair: pair[0]), create_algorithm_requests())
def test_every_report_can_be_written(before: dict[str, Json], after: dict[str, Json]) -> None:
    def side(request: dict[str, Json]) -> Json:
        properties = {member: value for member, value in request.items() if member in ("AlgorithmName", "Tags")}
        rest = {member: value for member, value in request.items() if member not in properties}
        return template(resources(rest, **properties))

    found = report(side(before), side(after))
    validate(json.loads(json.dumps(to_json(found))))
    assert to_markdown(found).startswith(MARKER)
    assert render(found)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just({"Ref": "Image"}),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), child, max_size=4),
    max_leaves=15,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(TOP), JSON, max_size=5), st.dictionaries(st.sampled_from(TOP), JSON, max_size=5))
def test_definitions_that_are_no_definitions_are_reported_all_the_same(
    before: dict[str, Json], after: dict[str, Json]
) -> None:
    sides = [template(resources(request), Parameters={"Image": {"Type": "String"}}) for request in (before, after)]
    found = report(*sides)
    validate(json.loads(json.dumps(to_json(found))))
    assert to_markdown(found)
    assert render(found)
    (entry,) = found.algorithms
    assert entry.changes or entry.verdict is Verdict.UNCHANGED
    assert report(sides[0], sides[0]).algorithms[0].verdict is Verdict.UNCHANGED
