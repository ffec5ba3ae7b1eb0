"""Define the constructs."""
