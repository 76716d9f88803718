"""A room whose module cannot be imported, for tests."""

raise SystemExit("this room ends the process that imports it")
