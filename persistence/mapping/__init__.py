"""Rows to domain values and back, one module an area."""
