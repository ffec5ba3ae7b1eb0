"""The commands of pages that need a container engine; each page with one of the two."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.containers.conftest import ENGINES, Tools, engine_named
from tests.containers.test_example import example_base
from tests.support.page_runs import quotes, run_by, write_files
from tests.support.pages import ROOT, Fence
from tests.support.quotes import not_printed

BLOCKS = run_by("tests/containers/test_pages.py")


PAGES = sorted({block.fence.page for block in BLOCKS})


@pytest.mark.parametrize(
    ("shared_tools", "page"),
    [engine_named(ENGINES[number % 2], page) for number, page in enumerate(PAGES)],
    indirect=["shared_tools"],
)
def test_the_commands_for_containers_do_what_the_page_says(page: str, tools: Tools, tmp_path: Path) -> None:
    example_base(tools)
    folder = tmp_path / "reader"
    write_files(page, folder)
    programs = tmp_path / "programs"
    programs.mkdir()
    # Podman's command line is that of Docker.
    (programs / "docker").symlink_to(shutil.which(tools.engine.command) or tools.engine.command)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "PATH": os.pathsep.join(
            [str(programs), str(Path(sys.executable).parent), str(ROOT / "node_modules/.bin"), os.environ["PATH"]]
        ),
        "CDK_DOCKER": tools.engine.command,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    build = "docker build --platform linux/amd64 --tag forest:1.0 container"
    assert any(build in block.fence.body for block in BLOCKS)
    own = [block for block in BLOCKS if block.fence.page == page]
    # One page builds the image; the reader of the others has it.
    scripts: list[tuple[str, list[Fence]]] = [(build, []), *((block.fence.body, quotes(block)) for block in own)]
    for script, quoted in scripts:
        done = subprocess.run(
            ["bash", "-ec", script],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, f"{page}\n{script}\n{done.stdout}"
        for quote in quoted:
            assert not_printed(quote.body, done.stdout) == [], f"{quote.id}\n{done.stdout}"
