"""Output formats of a snapshot."""
