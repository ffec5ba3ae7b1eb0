"""Select the commands of the pages that tests run, with reasons for the others."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.pages import ROOT, Fence, fences

_SELLER = {
    name: f"examples/tutorials/seller/{name}"
    for name in ("app.py", "cdk.json", "data/iris.csv", "container/Dockerfile", "container/program.py")
}
#: Pages whose commands run, with the files of the repository that the reader has by then.
SCENARIOS: dict[str, dict[str, str]] = {
    "README.md": {},
    "docs/getting-started.md": {"app.py": "examples/snippets/getting_started.py"},
    "docs/guides/existing-request.md": {"request.json": "examples/tutorials/data_scientist/algorithm.json"},
    "docs/guides/marketplace-seller.md": {
        **_SELLER,
        "app.py": "examples/snippets/guide_seller.py",
        "sample_data/iris.csv": "examples/snippets/sample_data/iris.csv",
    },
    **{
        page: {"app.py": "examples/snippets/getting_started.py", "cdk.json": "examples/tutorials/seller/cdk.json"}
        for page in (
            "docs/cli.md",
            "docs/guides/adoption.md",
            "docs/guides/changes.md",
            "docs/guides/pipelines.md",
            "docs/guides/watching.md",
            "docs/preflight-account.md",
        )
    },
    "docs/preflight.md": _SELLER,
    "docs/probe.md": {**_SELLER, **{name: name for name in ("examples/probe/Dockerfile", "examples/probe/probe.py")}},
    "docs/validation-cost.md": _SELLER,
    "docs/tutorials/seller.md": _SELLER,
    "docs/tutorials/platform-team.md": {"app.py": "examples/tutorials/platform_team/app.py"},
    "docs/tutorials/data-scientist.md": {
        "app.py": "examples/tutorials/data_scientist/app.py",
        "algorithm.json": "examples/tutorials/data_scientist/algorithm.json",
    },
}
_FILE, _NOT_RUN, _RUN_BY = "file: ", "not run: ", "run by: "
#: How a block runs: commands for an AWS account run on local AWS, an exit status other than 0 is announced, a question
#: is answered, and what belongs into a shell is typed there.
_RUN = re.compile(
    r"run: (?P<shell>in the shell above)?(?P<aws>on local AWS)?(?:, )?"
    r"(?:exit (?P<status>\d+))?(?:, )?(?:answer (?P<answer>\w+))?"
)


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
    #: Whether the block is typed into the shell that the block above starts.
    in_shell: bool = False
    #: What a person answers to the block's question, in a terminal.
    answer: str = ""


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
                in_shell=bool(run and run["shell"]),
                answer=run["answer"] or "" if run else "",
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


def write_files(page: str, folder: Path) -> None:
    """Write what the reader of a page has by then."""
    for name, source in SCENARIOS[page].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, folder / name)
    for name, content in files(page).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


def quotes(command: Command) -> list[Fence]:
    """Return what the page quotes of a block's output: ``<!-- output -->`` before the next commands."""
    page = command.fence.page
    begins = [other.fence.line for other in commands() if other.fence.page == page]
    end = min((line for line in begins if line > command.fence.line), default=sys.maxsize)
    return [
        fence
        for language in ("console", "text")
        for fence in fences(language)
        if fence.page == page and fence.note == "output" and command.fence.line < fence.line < end
    ]
