"""Load and save aggregates inside a unit of work."""
