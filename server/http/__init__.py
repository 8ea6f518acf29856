"""The HTTP interface: application, access checks, problems and views."""
