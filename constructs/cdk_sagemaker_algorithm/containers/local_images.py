"""Find images in the engine's store by the names in a definition or from the user."""

from __future__ import annotations

from cdk_sagemaker_algorithm.containers.engine import Engine, Image


def find_local_image(engine: Engine, uri: str) -> Image | None:
    """Find an image by its URI, or by its name without the registry.

    Args:
        uri: URI in a definition, or a local name; `${Name}` represents a deploy-time value.
    """
    short = uri.rpartition("/")[2]
    for name in (uri, short, f"localhost/{short}"):
        image = None if "${" in name else engine.image(name)
        if image is not None:
            return image
    return None
