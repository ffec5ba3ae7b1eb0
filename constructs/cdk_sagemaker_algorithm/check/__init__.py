"""Check CreateAlgorithm requests in JSON files."""
