"""Hold what the HTML reports of preflight and monitoring share. Requires jinja2 from the extra `[cli]`."""
