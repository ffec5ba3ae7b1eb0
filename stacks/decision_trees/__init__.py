"""Decision trees on the Iris data."""
