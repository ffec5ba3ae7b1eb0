"""Output formats of the diff report."""
