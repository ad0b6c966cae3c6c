"""The HTTP and WebSocket shell."""
