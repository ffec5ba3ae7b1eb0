"""The site builds without warnings, loads nothing from elsewhere, and has no broken links."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import cdk_sagemaker_algorithm
from tests.support.pages import ROOT

pytestmark = pytest.mark.xdist_group("site")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Fetched(HTMLParser):
    """What a browser loads for a page by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source"):
            self.addresses.append(given.get("src") or "")
        elif tag == "link" and given.get("rel") in ("stylesheet", "icon", "preconnect", "preload"):
            self.addresses.append(given.get("href") or "")


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    found = Fetched()
    for page in pages:
        found.feed(page.read_text(encoding="utf-8"))

    assert len(pages) > 15
    assert any(address.endswith(".css") for address in found.addresses)
    assert [address for address in found.addresses if "//" in address] == []
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"url\(['\"]?(?:https?:)?//[^)]*\)", styles) == []


def test_search_works_without_a_server(site: Path) -> None:
    assert (site / "search/search_index.js").read_text(encoding="utf-8").startswith("var __index = {")
    for page in ("index.html", "guides/changes.html"):
        html = (site / page).read_text(encoding="utf-8")
        assert re.search(r'<script src="(?:\.\./)?assets/iframe-worker\.js"', html)


def test_notes_and_files_of_the_repository_are_part_of_the_site(site: Path) -> None:
    html = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.html"))

    assert '<div class="admonition warning">' in html
    assert re.findall(r"\[!(?:NOTE|TIP|WARNING)\]|--8&lt;--", html) == []
    assert "Unreleased" in (site / "changelog.html").read_text(encoding="utf-8")
    assert "Reporting a vulnerability" in (site / "security.html").read_text(encoding="utf-8")


def test_the_reference_has_every_public_name(site: Path) -> None:
    library: Any = cdk_sagemaker_algorithm
    text = "".join(path.read_text(encoding="utf-8") for path in (site / "api").rglob("*.html"))
    headed = set(re.findall(r'id="cdk_sagemaker_algorithm(?:\.\w+)+\.(\w+)"', text))
    classes = {name for name in library.__all__ if name[0].isupper()}
    # Types for annotations, which the pages spell out, and what only those who extend the library need.
    internal = {"ApiDict", "Structure", "AlgorithmDefinition", "Tag", "UnsupportedValueError", *_SOURCES}
    assert classes - headed - internal == set()


_SOURCES = {
    "DurationSource", "Gibibytes", "ImageSource", "ImageUri", "Integer", "KeySource", "KmsKeyId", "ParameterText",
    "RoleArn", "RoleSource", "S3Source", "S3Uri", "Seconds", "SizeSource",
}  # fmt: skip


def test_every_page_is_once_in_the_navigation() -> None:
    listed = re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")]

    assert sorted(listed) == sorted(pages)


def test_nothing_of_another_markup_is_left(site: Path) -> None:
    html = "".join(path.read_text(encoding="utf-8") for path in (site / "api").rglob("*.html"))

    assert re.findall(r"</code>_|::</p>|:(?:class|func|meth):", html) == []
    assert 'API_CreateAlgorithm.html">CreateAlgorithm</a>' in html
    assert '<span class="n">AlgorithmProvider</span><span class="p">(</span><span class="n">shared_stack</span>' in html


def test_what_getting_started_shows_of_a_finding_is_what_synth_says(tmp_path: Path) -> None:
    cdk = shutil.which("cdk")
    if cdk is None:
        pytest.skip("the CDK's CLI is not on PATH")
    page = (ROOT / "docs/getting-started.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```text\n(app\.py:.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (source,) = re.findall(r"snippet: getting_started\.py -->\n```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert source.count('"ml.m5.large"') == 1
    (tmp_path / "app.py").write_text(source.replace("ml.m5.large", "m5.large"), encoding="utf-8")

    done = subprocess.run(
        [cdk, "synth", "--quiet", "--app", f"{sys.executable} app.py"],
        cwd=tmp_path,
        env={**os.environ, "CDK_VALIDATION": "false"},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )

    assert done.returncode == 1
    assert shown in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
