from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Literal

import pytest

from cdk_sagemaker_algorithm.monitoring import Curve, LogLine, curves
from cdk_sagemaker_algorithm.monitoring.evidence import gather
from cdk_sagemaker_algorithm.monitoring.formats.html_report.page import page
from cdk_sagemaker_algorithm.reporting.metric_plots import HEIGHT, WIDTH, plot, summary
from tests.support.chromium import BROWSER, browse, measured, served
from tests.support.monitored import FakeS3, monitored, refusal
from tests.support.sagemaker import definition

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step

AFTER = 200.0
HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)>"quoted" & 'so' {{ 7 * 7 }}"""

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")


def wine(**changes: Any) -> dict[str, Any]:
    """A certified algorithm with a hyperparameter of each kind."""
    request = definition(**{"CertifyForMarketplace": True, **changes})
    request["TrainingSpecification"]["SupportedHyperParameters"] = [
        {
            "Name": "max_depth",
            "Type": "Integer",
            "Range": {"IntegerParameterRangeSpecification": {"MinValue": "1", "MaxValue": "32"}},
            "IsTunable": True,
            "DefaultValue": "6",
            "Description": "how deep a tree grows",
        },
        {
            "Name": "eta",
            "Type": "Continuous",
            "Range": {"ContinuousParameterRangeSpecification": {"MinValue": "0.01", "MaxValue": "0.5"}},
            "IsRequired": True,
        },
        {
            "Name": "objective",
            "Type": "Categorical",
            "Range": {"CategoricalParameterRangeSpecification": {"Values": ["linear", "logistic"]}},
        },
    ]
    return request


def report(
    failures: dict[Step, str] | None = None, *, seconds: float = AFTER, console_links: bool = True, **changes: Any
) -> str:
    """The page about an algorithm at some time of its validation."""
    with monitored(failures) as aws:
        request = wine(**changes)
        aws.sagemaker.client.create_algorithm(**request)
        aws.clock.forward(seconds)
        seen = aws.reader().read(request["AlgorithmName"])
        return page(gather(seen, aws), console_links=console_links)


class Outline(HTMLParser):
    """The elements, attributes and texts of a page."""

    VOID = frozenset({"meta", "line", "circle", "path", "br", "img", "link", "i"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag in {"dd", "td", "th", "span"}:
            self.text += " "
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data

    def words(self) -> str:
        return re.sub(r"\s+", " ", self.text)


def test_a_validated_algorithm_is_told_whole() -> None:
    text = Outline(report()).words()
    for expected in (
        "✔ Completed: passed its validation",
        "Predicts the quality of wine",
        "arn:aws:sagemaker:us-east-1:000000000000:algorithm/wine-quality",
        "validation took 3 min",
        "image scan ✔ done",
        "training ✔ done, 1 min 40 s",
        "transform ✔ done, 50 s",
        "1Starting 15 s 2Downloading 15 s 3Training 1 min 4Uploading 10 s",
        "1 min 10 s billable on 1 x ml.m5.large",
        "validation:rmse 0.0545, validation:r2 0.9455",
        "validation:r2 10 values, from 0.7 to 0.9455, best 0.9455",
        "s3://wine-example/predictions/test.csv.out, 190 bytes, its beginning 5.6 6.1 <b>4.9</b>",
        "max_depth Integer 1 to 32 6 no yes how deep a tree grows",
        "eta Continuous 0.01 to 0.5 yes no",
        "objective Categorical linear, logistic no no",
        "training text/csv File no",
        "validation:r2 maximize ^r2:\\s*(\\S+)",
        "batch transform ml.m5.large",
        "certified for AWS Marketplace",
        "training data, channel training s3://wine-example/train/",
        "hyperparameters max_depth = 6",
        "data to transform s3://wine-example/test.csv",
    ):
        assert expected in text
    assert "What failed" not in text
    assert "could not be read" not in text


@pytest.mark.parametrize(
    ("step", "reason", "told"),
    [
        ("image-scan", "ClientError: CVE-2024-3094", "image scan training-image"),
        ("training", "AlgorithmError: exit code 1", "training job validation-"),
        ("transform", "AlgorithmError: 415", "transform job validation-"),
    ],
)
def test_a_failure_is_told_with_its_reason_and_what_to_do(step: Step, reason: str, told: str) -> None:
    text = Outline(report({step: reason})).words()
    assert f"What failed, and why {told}" in text
    assert text.count(reason) == (1 if step == "image-scan" else 2)  # the job's log has it too
    assert "deploy again" in text
    assert "✘ Failed" in text
    assert "cdk-sagemaker-algorithm report" not in text


def test_a_validation_that_goes_on_is_told_so() -> None:
    text = Outline(report(seconds=70)).words()
    assert "● InProgress: validation step: training" in text
    assert "50 s elapsed (limit 1 h) on 1 x ml.m5.large" in text
    assert "What the transform job wrote" not in text


def test_an_algorithm_that_is_not_certified() -> None:
    text = Outline(report(CertifyForMarketplace=False, ValidationSpecification=None)).words()
    assert "not certified for AWS Marketplace" in text
    assert "What validation did" not in text


def test_the_page_is_well_formed_and_needs_nothing_else() -> None:
    outline = Outline(report({"training": "AlgorithmError"}))
    assert outline.open == []
    assert "script" not in outline.tags
    assert "link" not in outline.tags
    loading = [(name, value) for name, value in outline.attributes if name in {"src", "srcset", "background", "data"}]
    assert loading == []
    addresses = [value for name, value in outline.attributes if name == "href"]
    assert addresses
    assert all(address.startswith("https://console.aws.amazon.com/") for address in addresses)
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in outline.attributes


def test_without_a_console_there_are_no_links() -> None:
    assert "<a " not in report(console_links=False)


def test_everything_that_is_not_ours_is_escaped() -> None:
    html = report({"training": HOSTILE}, AlgorithmDescription=HOSTILE)
    outline = Outline(html)
    assert "script" not in outline.tags
    assert "img" not in outline.tags
    assert not any(name.startswith("on") for name, _ in outline.attributes)
    assert outline.text.count(HOSTILE) >= 3
    assert "49" not in [word.strip("}") for word in outline.words().split() if "{{" in word]


def test_what_may_not_be_read_is_a_gap() -> None:
    class Closed(FakeS3):
        def list_objects_v2(self, **_: Any) -> Any:
            raise refusal("ListObjectsV2", "AccessDenied", "not yours")

    with monitored() as aws:
        name = aws.sagemaker.create()
        aws.clock.forward(AFTER)
        aws.s3 = Closed({}, 0)
        aws.logs.failing = [refusal("DescribeLogStreams", "AccessDeniedException", "no logs for you")]
        evidence = gather(aws.reader().read(name), aws)
    assert [gap.partition(":")[2] for gap in evidence.gaps] == [
        " AccessDeniedException: no logs for you",
        " AccessDenied: not yours",
    ]
    text = Outline(page(evidence, console_links=True)).words()
    assert "What could not be read the log of training job" in text
    assert "No value in the log for validation:rmse, validation:r2" in text.replace(" ,", ",")


def test_mistakes_are_not_taken_for_gaps() -> None:
    class Broken(FakeS3):
        def list_objects_v2(self, **_: Any) -> Any:
            raise ZeroDivisionError

    with monitored() as aws:
        name = aws.sagemaker.create()
        aws.clock.forward(AFTER)
        aws.s3 = Broken({}, 0)
        with pytest.raises(ZeroDivisionError):
            gather(aws.reader().read(name), aws)


@pytest.mark.parametrize(
    ("body", "text", "cut"),
    [
        (b"", "", False),
        (b"5.6\n", "5.6", False),
        (b"x\n" * 13, "x\n" * 11 + "x", True),
        (b"\x00\x01\x02\x03" * 10, "", True),
        (("é" * 5000).encode(), "é" * 2048, True),
    ],
)
def test_samples_of_results(body: bytes, text: str, *, cut: bool) -> None:
    with monitored() as aws:
        name = aws.sagemaker.create()
        aws.clock.forward(AFTER)
        seen = aws.reader().read(name)
        since = aws.clock.time - 10
        # An older object, and one that is no result, come first and do not count.
        aws.s3 = FakeS3(
            {
                ("wine-example", "predictions/a.txt"): b"other",
                ("wine-example", "predictions/test.csv.out"): body,
            },
            since,
        )
        sample = gather(seen, aws).sample
        aws.s3.modified = 0
        assert gather(seen, aws).sample is None
    assert sample is not None
    assert (sample.text, sample.cut, sample.size) == (text, cut, len(body))


# Curves


def test_metrics_come_out_of_a_log_by_their_regexes() -> None:
    training = {
        "MetricDefinitions": [
            {"Name": "loss", "Regex": r"loss=([0-9.e-]+)"},
            {"Name": "broken", "Regex": "(("},
            {"Name": "no-group", "Regex": "loss"},
            {"Name": "no-number", "Regex": "(loss)"},
            {"Name": "absent", "Regex": "absent ([0-9]+)"},
        ],
        "SupportedTuningJobObjectiveMetrics": [{"MetricName": "loss", "Type": "Minimize"}],
    }
    log = [LogLine(1, "loss=0.5 loss=0.4"), LogLine(2, "nothing"), LogLine(3, "loss=1e-3"), LogLine(4, "loss=e")]
    loss, *others = curves(training, log)
    assert loss == Curve("loss", ((1, 0.5), (1, 0.4), (3, 0.001)), "Minimize")
    assert [curve.points for curve in others] == [(), (), (), ()]
    assert summary(loss.points, loss.better) == "3 values, from 0.5 to 0.001, best 0.001"


@pytest.mark.parametrize(
    "values",
    [
        [0.3],
        [0.0, 0.0],
        [-5.0, 5.0],
        [1e-12, 3e-12],
        [1e15, 1.0000001e15],
        [0.7, 0.9],
        [float(number % 17) for number in range(5000)],
    ],
)
def test_plots_stay_in_their_box_and_have_round_marks(values: list[float]) -> None:
    curve = Curve("metric", tuple((1000.0 + number, value) for number, value in enumerate(values)))
    drawn = plot(curve.name, curve.points, 1000.0)
    assert drawn is not None
    left, top, right, bottom = drawn.box
    places = [tuple(map(float, pair.split())) for pair in drawn.path.removeprefix("M").split("L")]
    assert all(left <= x <= right <= WIDTH and top <= y <= bottom <= HEIGHT for x, y in places)
    assert 2 <= len(places) <= 402 or len(values) == 1
    heights = [tick.at for tick in drawn.y_ticks]
    assert heights == sorted(heights, reverse=True)
    assert 2 <= len(heights) <= 7
    assert heights[0] == bottom
    assert heights[-1] == top


def test_there_is_no_plot_without_values() -> None:
    assert plot("metric", (), 0) is None
    assert summary(()) == "no value was found in the log"


# In a real browser

HARNESS = """<!DOCTYPE html><title>harness</title>
<iframe id="wide" src="/report.html" width="1100" height="900"></iframe>
<iframe id="narrow" src="/report.html" width="390" height="800"></iframe>
<pre id="result"></pre>
<script>
function light(color) {
  const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ground(element) {
  for (let e = element; e; e = e.parentElement) {
    const color = e.ownerDocument.defaultView.getComputedStyle(e).backgroundColor;
    if (!/^rgba.*, 0\\)$/.test(color)) return color;
  }
  return "rgb(255, 255, 255)";
}
function contrasts(doc) {
  const found = [];
  for (const e of doc.body.querySelectorAll("*")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length) continue;
    const style = doc.defaultView.getComputedStyle(e);
    const color = e instanceof doc.defaultView.SVGElement ? style.fill : style.color;
    const [a, b] = [light(color), light(ground(e))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), e.tagName, e.textContent.trim().slice(0, 40)]);
  }
  return found.sort((x, y) => x[0] - y[0]);
}
addEventListener("load", () => {
  const result = {};
  for (const id of ["wide", "narrow"]) {
    const view = document.getElementById(id).contentWindow, doc = view.document, root = doc.documentElement;
    result[id] = {
      title: doc.title,
      overflow: root.scrollWidth - root.clientWidth,
      background: view.getComputedStyle(doc.body).backgroundColor,
      curves: [...doc.querySelectorAll("svg .curve")].map(path => path.getTotalLength()),
      loaded: view.performance.getEntriesByType("resource").map(entry => entry.name),
      contrast: contrasts(doc)[0],
      headings: [...doc.querySelectorAll("h1, h2")].map(e => e.textContent),
      // What scrolls can be reached and has a name; phases next to each other differ in more than hue.
      unreachable: [...doc.querySelectorAll(".scroll, pre")].filter(e => e.tabIndex !== 0).length,
      unnamed: doc.querySelectorAll(".scroll:not([role=region][aria-label])").length,
      axes: [...doc.querySelectorAll("svg .axis")].map(e => e.textContent),
      phases: [...doc.querySelectorAll(".timeline span")].map(e => light(view.getComputedStyle(e).backgroundColor)),
      unlabelled: doc.querySelectorAll("svg:not([role=img][aria-label]), section:not([aria-labelledby])").length,
    };
    const [first, alone] = doc.querySelectorAll("figure");
    first.remove();
    result[id].alone = alone.getBoundingClientRect().width;
  }
  document.getElementById("result").textContent = JSON.stringify(result);
});
</script>
"""


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("failures", [{}, {"training": "AlgorithmError: exit code 1"}], ids=["passed", "failed"])
def test_a_browser_shows_the_page(scheme: Literal["light", "dark"], failures: dict[Step, str], tmp_path: Path) -> None:
    long = "x" * 300
    pages = {"/report.html": report(failures, AlgorithmDescription=long), "/": HARNESS}
    with served(pages) as (address, asked):
        result = measured(tmp_path, address, scheme=scheme)
    # Nothing but the pages themselves was asked for; browsers look for an icon of their own accord.
    assert set(asked) - {"/favicon.ico"} == {"/", "/report.html"}
    for view in result.values():
        assert view["title"].startswith("wine-quality: ")
        assert view["loaded"] == []
        assert view["overflow"] == 0
        assert len(view["curves"]) == 2
        assert min(view["curves"]) > 50
        assert view["unlabelled"] == 0
        assert (view["unreachable"], view["unnamed"]) == (0, 0)
        assert view["axes"][:2] == ["time since the job's start", "validation:rmse"]
        for one, other in itertools.pairwise(view["phases"]):
            low, high = sorted([one, other])
            assert (high + 0.05) / (low + 0.05) >= 3
        # One plot alone is no wider than one of two.
        assert view["alone"] < 560
        assert view["contrast"][0] >= 4.5, view["contrast"]
        assert view["background"] == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 23, 28)")
        assert view["headings"][0] == "wine-quality"
        assert ("What failed, and why" in view["headings"]) == bool(failures)


@needs_browser
def test_a_browser_prints_the_page(tmp_path: Path) -> None:
    pdf = tmp_path / "report.pdf"
    with served({"/report.html": report()}) as (address, _):
        browse(tmp_path / "profile", f"--print-to-pdf={pdf}", f"{address}/report.html", scheme="dark")
    body = pdf.read_bytes()
    assert body.startswith(b"%PDF-")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", body)) <= 5


MINIMAL: dict[str, Any] = {
    "AlgorithmName": "minimal",
    "TrainingSpecification": {
        "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/wine:1",
        "SupportedTrainingInstanceTypes": ["ml.m5.large"],
        "TrainingChannels": [
            {"Name": "training", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]}
        ],
    },
}


@pytest.mark.parametrize("seconds", [0.0, AFTER])
def test_an_algorithm_of_what_is_required_alone_has_a_page(seconds: float) -> None:
    with monitored() as aws:
        aws.sagemaker.client.create_algorithm(**MINIMAL)
        aws.clock.forward(seconds)
        text = page(gather(aws.reader().read("minimal"), aws), console_links=True)
    assert "training" in Outline(text).text


@pytest.mark.parametrize(
    "member", ["AlgorithmDescription", "InferenceSpecification", "ValidationSpecification", "Tags"]
)
def test_an_algorithm_without_an_optional_part_has_a_page(member: str) -> None:
    without: dict[str, Any] = {member: None}
    assert "wine-quality" in report(**without)
