"""Usage, reset periods, aggregation, history: values and decisions."""
