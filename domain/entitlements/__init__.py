"""Entitlement resolution and checks: values and decisions."""
