"""The provider: the resources of a stack that handle custom resource requests."""
