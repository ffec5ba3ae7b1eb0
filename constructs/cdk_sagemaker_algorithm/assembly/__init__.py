"""Read cloud assemblies and templates: stacks, intrinsic functions, algorithms."""
