"""Pricing, subscriptions, entitlements and metering as plain functions over values."""
