"""Lists, counts and batch loads."""
