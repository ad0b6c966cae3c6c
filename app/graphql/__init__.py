"""The GraphQL shell: types, inputs, mapping, root fields, by area."""
