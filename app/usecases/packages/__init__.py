"""Operations on plans and add-ons."""
