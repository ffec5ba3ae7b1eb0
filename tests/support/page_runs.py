"""Select the commands of the pages that tests run, with reasons for the others."""

from __future__ import annotations

import re
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
    **{
        page: {"app.py": "examples/snippets/getting_started.py", "cdk.json": "examples/tutorials/seller/cdk.json"}
        for page in (
            "docs/guides/adoption.md",
            "docs/guides/changes.md",
            "docs/guides/watching.md",
            "docs/preflight-account.md",
        )
    },
    "docs/tutorials/seller.md": {"app.py": "examples/tutorials/seller/app.py"},
    "docs/tutorials/platform-team.md": {"app.py": "examples/tutorials/platform_team/app.py"},
    "docs/tutorials/data-scientist.md": {
        "app.py": "examples/tutorials/data_scientist/app.py",
        "algorithm.json": "examples/tutorials/data_scientist/algorithm.json",
    },
}
_FILE, _NOT_RUN, _RUN_BY = "file: ", "not run: ", "run by: "
#: How a block runs: commands for an AWS account run on local AWS, and an exit status other than 0 is announced.
_RUN = re.compile(r"run: (?P<aws>on local AWS)?(?:, )?(?:exit (?P<status>\d+))?")


@dataclass(frozen=True, slots=True)
class Command:
    """A block of commands."""

    fence: Fence
    #: Why the block does not run in tests; empty if it does.
    reason: str
    #: The exit status that the page announces.
    status: int
    #: The file of the test that runs the block; empty if tests/e2e/test_pages.py does.
    test: str = ""
    #: Whether the block needs an AWS account, for which local AWS stands in.
    on_local_aws: bool = False


def commands() -> list[Command]:
    """Return the command blocks of all pages, in their order. Blocks with output (``console``) are quotes."""
    found: list[Command] = []
    for fence in sorted(fences("sh"), key=lambda fence: (fence.page, fence.line)):
        run = _RUN.fullmatch(fence.note)
        found.append(
            Command(
                fence=fence,
                reason=fence.note.removeprefix(_NOT_RUN) if fence.note.startswith(_NOT_RUN) else "",
                status=int(run["status"] or 0) if run else 0,
                on_local_aws=bool(run and run["aws"]),
                test=fence.note.removeprefix(_RUN_BY) if fence.note.startswith(_RUN_BY) else "",
            )
        )
    return found


def in_order(page: str) -> list[Command]:
    """Return a page's blocks that run one after the other in an empty directory."""
    return [
        command
        for command in commands()
        if command.fence.page == page and not (command.reason or command.test or command.on_local_aws)
    ]


def on_local_aws(page: str) -> list[Command]:
    """Return a page's blocks for an AWS account that run on local AWS."""
    return [command for command in commands() if command.fence.page == page and command.on_local_aws]


def run_by(test: str) -> list[Command]:
    """Return the blocks that a test of their own runs.

    Args:
        test: The test's file.
    """
    return [command for command in commands() if command.test == test]


def files(page: str) -> dict[str, str]:
    """Return the files that a page shows with a comment ``<!-- file: NAME -->``, with their content."""
    return {
        fence.note.removeprefix(_FILE): fence.body
        for language in ("json", "python", "text")
        for fence in fences(language)
        if fence.page == page and fence.note.startswith(_FILE)
    }
