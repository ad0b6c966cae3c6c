"""Credit grants, consumption, wallets and the ledger. Source: spec, entitlements §9."""
