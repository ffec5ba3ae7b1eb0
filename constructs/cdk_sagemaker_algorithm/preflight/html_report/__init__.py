"""Format a run as one HTML file."""
