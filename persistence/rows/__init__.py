"""Declarative rows, one module an area; no relationship()."""
