"""Operations on the catalogue, one module an entity."""
