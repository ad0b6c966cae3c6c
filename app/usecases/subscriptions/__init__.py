"""Operations on subscriptions: gather, decide, apply, in one transaction under one lock."""
