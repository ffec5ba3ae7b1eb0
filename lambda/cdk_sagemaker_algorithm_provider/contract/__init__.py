"""What the constructs, the tools and the handler agree on."""
