"""The example and the table in the documentation equal the program's output."""

from __future__ import annotations

from tests.support.account_page import PAGE, with_blocks


def test_the_page_has_the_output_and_the_checks_of_now() -> None:
    text = PAGE.read_text(encoding="utf-8")

    # `python -m tests.support.account_page` writes them.
    assert with_blocks(text) == text
