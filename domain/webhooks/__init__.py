"""Webhooks: who is told of which event, how often, and what arrives."""
