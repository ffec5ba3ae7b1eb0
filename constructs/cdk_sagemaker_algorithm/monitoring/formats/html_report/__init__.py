"""The HTML report about an algorithm and its validation. Requires jinja2, which is in the extra ``[cli]``."""
