"""Hatchling's metadata hook: the README as PyPI shows it, with links that work there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

sys.path.insert(0, str(Path(__file__).parents[1]))

from scripts.addresses import addresses, with_absolute_links


class PackageReadme(MetadataHookInterface):
    """Fills in the dynamic field `readme`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the README.

        Args:
            metadata: The project's metadata.
        """
        root = Path(self.root)
        text = (root / "README.md").read_text(encoding="utf-8")
        readme = with_absolute_links(text, addresses(root).get("Repository"), root)
        metadata["readme"] = {"content-type": "text/markdown", "text": readme}
