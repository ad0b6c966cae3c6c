"""Hooks and event logs over GraphQL."""
