"""Features, products, packages, prices, coupons, publishing: values and decisions."""
