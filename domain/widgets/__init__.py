"""How widgets look: values and decisions."""
