"""What persistence tells whoever starts it: one sentence for a person at a terminal."""


class UnusableDatabaseError(Exception):
    """The database or its data directory cannot be used; the message says why and what to do."""
