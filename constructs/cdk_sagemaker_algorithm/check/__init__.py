"""Check CreateAlgorithm requests in JSON files, and show what synthesis found in a cloud assembly."""
