"""The built-in billing provider for development and tests: its records and rules, without I/O."""
