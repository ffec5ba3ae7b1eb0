"""Commands of the pages: which run in tests, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.pages import Fence, fences

#: Pages whose commands run, with the files of the repository that the reader has by then.
SCENARIOS: dict[str, dict[str, str]] = {
    "README.md": {},
    "docs/getting-started.md": {"app.py": "examples/snippets/getting_started.py"},
    "docs/guides/existing-request.md": {"request.json": "examples/tutorials/data_scientist/algorithm.json"},
    "docs/guides/marketplace-seller.md": {
        "app.py": "examples/snippets/guide_seller.py",
        "sample_data/iris.csv": "examples/snippets/sample_data/iris.csv",
        "cdk.json": "examples/tutorials/seller/cdk.json",
    },
    "docs/tutorials/seller.md": {"app.py": "examples/tutorials/seller/app.py"},
    "docs/tutorials/platform-team.md": {"app.py": "examples/tutorials/platform_team/app.py"},
    "docs/tutorials/data-scientist.md": {
        "app.py": "examples/tutorials/data_scientist/app.py",
        "algorithm.json": "examples/tutorials/data_scientist/algorithm.json",
    },
}
_FILE, _NOT_RUN, _EXIT = "file: ", "not run: ", "run: exit "


@dataclass(frozen=True, slots=True)
class Command:
    """A block of commands."""

    fence: Fence
    #: Why the block does not run in tests; empty if it does.
    reason: str
    #: The exit status that the page announces.
    status: int


def commands() -> list[Command]:
    """Return the command blocks of all pages, in their order. Blocks with output (``console``) are quotes."""
    return [
        Command(
            fence=fence,
            reason=fence.note.removeprefix(_NOT_RUN) if fence.note.startswith(_NOT_RUN) else "",
            status=int(fence.note.removeprefix(_EXIT)) if fence.note.startswith(_EXIT) else 0,
        )
        for fence in sorted(fences("sh"), key=lambda fence: (fence.page, fence.line))
    ]


def files(page: str) -> dict[str, str]:
    """Return the files that a page shows with a comment ``<!-- file: NAME -->``, with their content."""
    return {
        fence.note.removeprefix(_FILE): fence.body
        for language in ("json", "python", "text")
        for fence in fences(language)
        if fence.page == page and fence.note.startswith(_FILE)
    }
