"""Customers, their resources and promotional grants: values and decisions."""
