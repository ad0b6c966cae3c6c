"""What widgets show."""
