"""PostgreSQL: rows, mapping, repositories, readers, migrations."""
