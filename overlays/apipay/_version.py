"""The version of the package, stated here only (pyproject.toml reads it)."""

VERSION = "0.1.0"
