"""Adapters of billing providers. `manual`, the default, is the absence of one."""
