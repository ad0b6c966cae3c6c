"""Payment outcomes and the billing-provider port: values and decisions."""
