"""Read an AWS account, and check whether a validation can succeed in it."""
