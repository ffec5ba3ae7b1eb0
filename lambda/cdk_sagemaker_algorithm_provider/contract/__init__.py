"""Define the names, formats and limits that the constructs, the tools and the handler share."""
