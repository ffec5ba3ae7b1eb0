"""The table of measurements, alternatives and budgets."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was measured.

    With `against`, the budget is for the ratio of our figure to that peer's, else for the figure itself.
    """

    what: str
    unit: str
    ours: float
    peers: Mapping[str, float] = field(default_factory=dict[str, float])
    against: str | None = None
    budget: float | None = None

    @property
    def ratio(self) -> float | None:
        """Our figure as a multiple of the peer's."""
        return None if self.against is None else self.ours / self.peers[self.against]

    @property
    def holds(self) -> bool | None:
        """Whether the budget holds; None without one."""
        if self.budget is None:
            return None
        return (self.ours if self.ratio is None else self.ratio) <= self.budget

    def to_json(self) -> dict[str, Any]:
        """The row with what follows from it."""
        return {**asdict(self), "ratio": self.ratio, "holds": self.holds}

    def cells(self) -> list[str]:
        """The row in words."""
        others = [
            f"{name} {_figure(value)} ({self.ours / value:.2f})" if value else f"{name} {_figure(value)}"
            for name, value in self.peers.items()
        ]
        budget = "" if self.budget is None else f"<= {self.budget:g}" + (f" x {self.against}" if self.against else "")
        verdict = {None: "", True: "yes", False: "**no**"}[self.holds]
        return [self.what, f"{_figure(self.ours)} {self.unit}", "; ".join(others), budget, verdict]


_HEADINGS = ["what", "ours", "others (ours as a multiple of theirs)", "budget", "holds"]


def markdown(rows: Iterable[Row]) -> str:
    """The table in Markdown."""
    lines = [_HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    padded = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([padded[0], rule, *padded[1:]])


def _figure(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.4f}" if abs(value) < 0.01 else f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"
