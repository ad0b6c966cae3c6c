"""What concerns a billing provider: methods, checkouts, invoices, usage, and its webhooks."""
