"""Accounts, environments and API keys: values and decisions."""
