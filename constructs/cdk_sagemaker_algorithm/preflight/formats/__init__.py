"""Show a run on a terminal."""
