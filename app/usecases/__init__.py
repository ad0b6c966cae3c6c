"""Use cases: gather, decide, apply; one transaction each."""
