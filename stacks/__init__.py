"""Example stacks, declared the way a user would."""
