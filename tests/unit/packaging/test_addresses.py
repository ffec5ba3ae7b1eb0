from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    yield import_module("addresses")
    sys.modules.pop("addresses")


def test_without_a_repository_nothing_points_anywhere(module: Any) -> None:
    page = "![logo](docs/a.png)See [the docs](docs/index.md#x), [AWS](https://aws.amazon.com) and [below](#below)."
    expected = "See the docs, [AWS](https://aws.amazon.com) and [below](#below)."
    assert module.with_absolute_links(page, None) == expected


def test_with_a_repository_links_become_absolute(module: Any) -> None:
    page = "![logo](docs/a.png) [the docs](docs/index.md#x)"
    expected = (
        "![logo](https://e.example/o/r/raw/main/docs/a.png) [the docs](https://e.example/o/r/blob/main/docs/index.md#x)"
    )
    assert module.with_absolute_links(page, "https://e.example/o/r/") == expected


def test_the_addresses_come_from_pyproject(module: Any, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\n[project.urls]\nRepository = "https://e.example/o/r"\n'
    )
    assert module.addresses(tmp_path) == {"Repository": "https://e.example/o/r"}


def test_no_relative_link_is_left_in_the_packages_readme(module: Any) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert module.RELATIVE_LINK.search(readme)
    assert not module.RELATIVE_LINK.search(module.with_absolute_links(readme, module.addresses().get("Repository")))
