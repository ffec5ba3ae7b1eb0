"""Compare outputs with snapshot files. UPDATE_SNAPSHOTS=1 writes them; review them before you commit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from rich.console import RenderableType


def rendered(content: RenderableType, *, width: int = 110, height: int = 40) -> str:
    """What a terminal without colours would show."""
    console = Console(width=width, height=height, color_system=None, highlight=False, force_terminal=True)
    with console.capture() as captured:
        console.print(content, crop=False)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def check_snapshot(file: Path, text: str) -> None:
    """Fail if an output differs from what is kept."""
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
