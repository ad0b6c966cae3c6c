"""The subscription lifecycle: values and decisions."""
