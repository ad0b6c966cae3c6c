"""The application: use cases, GraphQL and HTTP around the domain."""
