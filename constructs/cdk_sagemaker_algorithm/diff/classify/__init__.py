"""Classify the changes of a definition by their effect on consumers."""
