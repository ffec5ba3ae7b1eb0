"""The report as text, Markdown and JSON."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cdk_sagemaker_algorithm.diff import DiffReport, Impact, PlannedAction, compare
from cdk_sagemaker_algorithm.diff.formats import DiffFormat, Display
from cdk_sagemaker_algorithm.diff.formats import markdown as markdown_format
from cdk_sagemaker_algorithm.diff.formats import render as render_format
from cdk_sagemaker_algorithm.diff.formats.json import to_json
from cdk_sagemaker_algorithm.diff.formats.markdown import MARKER, code, code_free, html_code, marked
from cdk_sagemaker_algorithm.model.display_text import printable
from cdk_sagemaker_algorithm.reporting.envelope import SCHEMA_VERSION
from cdk_sagemaker_algorithm.reporting.prices import Prices
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


def report(before: Json, after: Json) -> DiffReport:
    return compare([stack(before)], [stack(after)])


def typical() -> DiffReport:
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


def render(found: DiffReport, *, colors: bool = False, width: int | None = None) -> str:
    return render_format(found, DiffFormat.TEXT, Display(color=colors, width=width))


def to_markdown(found: DiffReport, *, limit: int = markdown_format.LIMIT, display: Display | None = None) -> str:
    return markdown_format.render(found, display or Display(), limit=limit)


TEXT = """\
1 to replace and revalidate, 1 to move and revalidate, 1 without change; \
consumers: breaking, new ARN, unknown until deployment, documentation only; validation up to 6 instance-hours, \
plus unbounded jobs; the deployment waits up to 2 h

Prod/Churn  replace  breaking, new ARN, unknown until deployment, documentation only
  breaking            hyperparameter max_depth: range 1\N{EN DASH}32 -> 1\N{EN DASH}16
                        HEAD rejects values that BASE accepts; accepted before: max_depth=32
  new ARN             algorithm: new name and ARN; the old algorithm is deleted after the new one passes validation
                        update hard-coded references: pipelines, tuning jobs, Marketplace listings, ARNs in code
  unknown until deployment  training: image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/trees:1 -> ${Image}
                        depends on parameter Image, default 'trees:2', which the deployment can override
  documentation only  channel train: description Rows to learn from -> Rows
  validation  up to 3 instance-hours, plus unbounded transform
    training job of profile small on 2 x ml.m5.xlarge, up to 1 h 30 min: 3 instance-hours
    transform job of profile small on 1 x ml.m5.large (the API has no maximum runtime for transform jobs)
  waiting  the deployment waits up to 2 h

Prod/New  moved  new ARN
"""


def test_text_has_all_of_it_headline_first() -> None:
    text = render(typical())
    assert text.startswith(TEXT)
    assert text.endswith("\n\n1 algorithm without change: Prod/Same")


def test_text_has_colors_in_a_terminal_only() -> None:
    assert "\x1b[" in render(typical(), colors=True)
    assert "\x1b[" not in render(typical())
    assert re.sub("\x1b\\[[0-9;]*m", "", render(typical(), colors=True)) == render(typical())


def test_text_wraps_between_words_and_keeps_its_indents() -> None:
    lines = render(typical(), width=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(" ".join(lines).split()) == " ".join(render(typical()).split())
    at = next(index for index, line in enumerate(lines) if line.startswith("  new ARN"))
    assert lines[at + 1].startswith(" " * 22 + "after the new one")
    # A name stays whole, so that it can be copied.
    assert any(
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/trees:1" in line
        for line in render(typical(), width=40).splitlines()
    )


@pytest.mark.parametrize("output_format", DiffFormat)
def test_every_format_has_something_for_a_change(output_format: DiffFormat) -> None:
    assert "Prod/Churn" in render_format(typical(), output_format).replace("&#47;", "/")


def test_annotations_have_what_breaks_first() -> None:
    lines = render_format(typical(), DiffFormat.GITHUB).splitlines()
    assert lines[0].startswith("::error title=diff-breaking::Prod/Churn: ")
    assert any(line.startswith("::warning title=diff-new-arn::Prod/Churn: ") for line in lines)
    assert any(line.startswith("::warning title=diff-unknown::Prod/Churn: not checked: ") for line in lines)
    entries = json.loads(render_format(typical(), DiffFormat.GITLAB))
    assert {entry["severity"] for entry in entries} == {"critical", "minor"}


def test_nothing_to_compare() -> None:
    nothing = report(template(), template())
    assert render(nothing) == "no SageMaker algorithms in BASE or HEAD"
    assert not nothing.changed
    assert "**no SageMaker algorithms in BASE or HEAD**" in to_markdown(nothing)


def test_a_report_has_changed_unless_all_is_the_same() -> None:
    assert typical().changed
    same = template(resources(definition()))
    assert not report(same, same).changed
    assert report(same, template(resources(definition(), Tags=[{"Key": "a", "Value": "b"}]))).changed


def test_markdown_shows_what_breaks_without_a_click() -> None:
    lines = to_markdown(typical()).splitlines()
    assert lines[:2] == ["<!-- cdk-sagemaker-algorithm diff -->", "### SageMaker algorithms"]
    assert lines[3].startswith("**1 to replace and revalidate, 1 to move and revalidate")
    row = next(line for line in lines if line.startswith("| \N{LARGE RED CIRCLE} | `Prod/Churn`"))
    assert row == (
        "| \N{LARGE RED CIRCLE} | `Prod/Churn` | **replace** | breaking, new ARN, unknown until deployment, "
        "documentation only | up to 3 instance-hours, plus unbounded transform | up to 2 h |"
    )
    open_part = "\n".join(lines).partition("<details>")[0]
    assert "#### `Prod/Churn`: replace" in open_part
    assert "<code>1&#8211;<del>32</del></code> | <code>1&#8211;<ins>16</ins></code>" in open_part
    assert "1 algorithm without change: `Prod/Same`." in lines
    assert any("\N{LARGE RED CIRCLE} breaking: HEAD rejects requests that BASE accepts" in line for line in lines)


def test_markdown_names_what_it_compares() -> None:
    assert "Deploying `5d6e7f8` over `1a2b3c4`." in to_markdown(
        typical(), display=Display(base="1a2b3c4", head="5d6e7f8")
    )


def test_markdown_folds_what_only_describes() -> None:
    request = definition()
    channel(request, "train")["Description"] = "Rows"
    kept = {"UpdateReplacePolicy": "Retain"}
    found = report(template(resources(definition())), template(resources(request, attributes=kept)))
    assert "<summary><code>Prod&#47;Churn</code>: replace, 2 changes</summary>" in to_markdown(found)


@pytest.mark.parametrize(
    ("before", "after", "marks"),
    [
        ("trees:1", "trees:1.1", ("<code>trees&#58;1</code>", "<code>trees&#58;1<ins>&#46;1</ins></code>")),
        ("a1c", "a2c", ("<code>a<del>1</del>c</code>", "<code>a<ins>2</ins>c</code>")),
        ("aa", "aaa", ("<code>aa</code>", "<code>aa<ins>a</ins></code>")),
        ("", "x", ("<code></code>", "<code><ins>x</ins></code>")),
    ],
)
def test_the_characters_that_differ_are_marked(before: str, after: str, marks: tuple[str, str]) -> None:
    assert marked(before, after) == marks


@given(st.text("ab", max_size=300), st.text("ab", max_size=300))
def test_marks_are_never_the_same_for_texts_that_differ(before: str, after: str) -> None:
    one, other = marked(before, after)
    assert (before == after) == (one.replace("del>", "ins>") == other)


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


def attacked(text: str) -> DiffReport:
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
    return bool(re.fullmatch(r"</?(details|summary|code|del|ins|sub)>", token))


@pytest.mark.parametrize("text", HOSTILE)
def test_nobody_s_text_becomes_markup(text: str) -> None:
    markdown = to_markdown(attacked(text))
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = parser.parse(markdown)
    flat = [leaf for token in tokens for leaf in [token, *(token.children or [])]]
    assert not [leaf.type for leaf in flat if leaf.type in ("link_open", "image", "em_open", "s_open")]
    assert [leaf.tag for leaf in flat if leaf.type == "heading_open"] == ["h3", "h4"]
    for leaf in flat:
        if leaf.type in ("html_inline", "html_block"):
            tags = re.findall(r"<[^>]*>", leaf.content)
            assert all(allowed_html(tag) or tag == MARKER for tag in tags), leaf.content
    assert sum(MARKER in leaf.content for leaf in flat if leaf.type == "html_block") == 1
    rows = re.findall(r"<tr>(.*?)</tr>", parser.render(markdown), re.DOTALL)
    # A pipe of an author's would push the last cells out of the row.
    cells = [row.count("<td>") for row in rows if "<td>" in row]
    assert cells == [6] + [5] * (len(cells) - 1)
    assert len(cells) > 3


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


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("deploy stack Prod first", "deploy stack Prod first"),
        ("its exact name my_name stays: set it", "its exact name `my_name` stays: set it"),
        ("use f(a_b, cdk.Strength.BOTH) and deploy", "use `f(a_b, cdk.Strength.BOTH)` and deploy"),
        ("ask @octocat and [a](b), then go", "ask `@octocat` and `[a](b)`, then go"),
        ("see https://x.example now", "see `https://x.example` now"),
        ("@(never closed", "`@(never closed`"),
    ],
)
def test_a_sentence_has_code_spans_only_around_what_could_be_markup(text: str, markdown: str) -> None:
    assert code_free(text) == markdown


def test_a_hash_leaves_room_for_both_columns() -> None:
    before, after = marked("repository:" + "ab" * 32, "repository:" + "cd" * 32)
    assert (before, after) == (
        "<code>repository&#58;<del>abababababab&#8230;</del></code>",
        "<code>repository&#58;<ins>cdcdcdcdcdcd&#8230;</ins></code>",
    )


def test_a_rejection_is_in_the_legend() -> None:
    named = {**definition(), "AlgorithmName": "exact"}
    later = {**named, "AlgorithmDescription": "later"}
    markdown = to_markdown(report(template(resources(named)), template(resources(later))))
    assert "<sub>\N{NO ENTRY} reject: the deployment fails, and the algorithm stays as it is · " in markdown


def test_the_default_of_a_parameter_is_what_differs() -> None:
    def side(default: str) -> Json:
        request = definition()
        request["TrainingSpecification"]["TrainingImage"] = {"Ref": "Image"}
        return template(resources(request), Parameters={"Image": {"Type": "String", "Default": default}})

    found = report(side("trees:1"), side("trees:2"))
    (change,) = found.algorithms[0].changes
    assert change.what == "image ${Image} (default trees:1) -> ${Image} (default trees:2)"


def test_an_unknown_action_without_a_profile_announces_no_validation() -> None:
    request = definition()
    del request["ValidationSpecification"]
    request["TrainingSpecification"]["TrainingImage"] = {"Ref": "Image"}
    parameters = {"Image": {"Type": "String"}}
    plain = {**definition()}
    del plain["ValidationSpecification"]
    (entry,) = report(template(resources(plain)), template(resources(request), Parameters=parameters)).algorithms
    assert (entry.action, entry.notes) == (PlannedAction.UNKNOWN, ())


def test_markdown_keeps_to_the_limit_of_a_comment() -> None:
    before = template(*(resources(definition(), f"Prod/A{number}") for number in range(60)))
    request = definition()
    for item in request["TrainingSpecification"]["SupportedHyperParameters"]:
        item["Description"] = "x" * 500
    after = template(*(resources(request, f"Prod/A{number}") for number in range(60)))
    found = report(before, after)
    markdown = to_markdown(found)
    assert len(markdown) <= markdown_format.LIMIT
    assert re.search(r"The comment has a size limit and omits the details of \d+ algorithms", markdown)
    assert markdown.count("<details>") == markdown.count("</details>") > 0
    short = to_markdown(found, limit=7_000)
    assert len(short) <= 7_000
    assert "the table is cut" in short


def test_json_follows_its_schema() -> None:
    document = json.loads(json.dumps(to_json(typical())))
    validate(document)
    assert document["schemaVersion"] == SCHEMA_VERSION
    assert (document["breaking"], document["replacement"], document["unknown"]) == (True, True, True)
    assert document["counts"]["replace"] == 1
    assert document["algorithms"][0]["changes"][0] == {
        "impact": "breaking",
        "subject": "hyperparameter max_depth",
        "change": "range 1\N{EN DASH}32 -> 1\N{EN DASH}16",
        "path": "TrainingSpecification.SupportedHyperParameters[max_depth].Range",
        "reason": "HEAD rejects values that BASE accepts",
        "counterexample": "max_depth=32",
        "before": {"IntegerParameterRangeSpecification": {"MaxValue": "32", "MinValue": "1"}},
        "after": {"IntegerParameterRangeSpecification": {"MaxValue": "16", "MinValue": "1"}},
    }


def test_money_is_in_every_format_for_people_and_in_json() -> None:
    prices = Prices(
        currency="USD",
        region="eu-west-1",
        date="2026-11-01",
        per_hour={"training": {"ml.m5.xlarge": Decimal("0.25")}, "transform": {"ml.m5.large": Decimal("0.12")}},
    )
    display = Display(prices=prices)
    total = "up to 1.50 USD, plus 0.24 USD an hour without a limit"
    assert f"cost of validation: {total} (prices in USD for eu-west-1 as of 2026-11-01)" in render_format(
        typical(), DiffFormat.TEXT, display
    )
    assert f"Cost of validation: **{total}** (prices in USD" in to_markdown(typical(), display=display)
    document = json.loads(json.dumps(to_json(typical(), display)))
    validate(document)
    assert document["money"] == {
        "currency": "USD",
        "total": 1.5,
        "hourlyWithoutLimit": 0.24,
        "missing": [],
        "region": "eu-west-1",
        "date": "2026-11-01",
    }


def test_the_schema_knows_every_planned_action_and_impact() -> None:
    assert SCHEMA["$defs"]["action"]["enum"] == [action.value for action in PlannedAction]
    assert SCHEMA["$defs"]["impact"]["enum"] == [impact.value for impact in Impact]


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
    assert entry.changes or entry.action is PlannedAction.NO_CHANGE
    assert report(sides[0], sides[0]).algorithms[0].action is PlannedAction.NO_CHANGE
