"""What the algorithms of the tests need of an account that they do not create."""

from __future__ import annotations

#: For the app that the end-to-end tests deploy.
FOREST_NEEDS = (
    "arn:aws:iam::123456789012:role/Validation",
    "s3://forest-data-123456789012/training/",
    "s3://forest-data-123456789012/rows/",
)
#: For the wine-quality definition.
WINE_NEEDS = (
    "arn:aws:iam::123456789012:role/validation",
    "s3://wine-example/train/",
    "s3://wine-example/test.csv",
)
