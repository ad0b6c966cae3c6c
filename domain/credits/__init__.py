"""Credit grants, burn-down and the ledger: values and decisions."""
