from __future__ import annotations

from pathlib import Path

from scripts import addresses

ROOT = Path(__file__).parents[3]


def test_without_a_repository_nothing_points_anywhere() -> None:
    page = "See [the docs](docs/index.md#x), [AWS](https://aws.amazon.com) and [below](#below)."
    expected = "See the docs, [AWS](https://aws.amazon.com) and [below](#below)."
    assert addresses.with_absolute_links(page, None) == expected


def test_without_a_repository_a_picture_of_a_terminal_is_its_text(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("<svg><desc>$ cdk deploy\nit&#x27;s &lt;there&gt;</desc><style/></svg>")
    assert addresses.with_absolute_links("![A deployment.](a.svg)", None, tmp_path) == (
        "```text\n$ cdk deploy\nit's <there>\n```"
    )


def test_with_a_repository_links_become_absolute() -> None:
    page = "![logo](docs/a.png) [the docs](docs/index.md#x)"
    expected = (
        "![logo](https://e.example/o/r/raw/main/docs/a.png) [the docs](https://e.example/o/r/blob/main/docs/index.md#x)"
    )
    assert addresses.with_absolute_links(page, "https://e.example/o/r/") == expected


def test_the_addresses_come_from_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\n[project.urls]\nRepository = "https://e.example/o/r"\n'
    )
    assert addresses.addresses(tmp_path) == {"Repository": "https://e.example/o/r"}


def test_no_relative_link_is_left_in_the_packages_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert addresses.RELATIVE_LINK.search(readme)
    assert not addresses.RELATIVE_LINK.search(
        addresses.with_absolute_links(readme, addresses.addresses().get("Repository"))
    )
