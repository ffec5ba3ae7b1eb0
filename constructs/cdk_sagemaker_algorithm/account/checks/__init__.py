"""The checks of an account.

To add a check: write it in a module of this package, and put it into that module's ``CHECKS``.
"""
