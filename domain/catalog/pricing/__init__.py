"""Price mathematics: one module a price model, Decimal only, nothing rounded.

| module | charges |
|---|---|
| `flat_fee` | a fixed amount a period |
| `per_unit` | an amount a unit, or a block of units begun |
| `tiers` | GRADUATED, VOLUME and stair-step tiers |
| `overage` | what a window's usage exceeds its limit by |
| `usage` | the quantity billed for measured usage |
| `discount` | what a coupon takes off a subtotal |
| `charge` | which of them a `Price` row is |
| `starting_price` | the amount a pricing page shows, and plan comparison |

Only a whole invoice line is rounded, by `Money.rounded` (spec, catalog §6.1).
"""
