"""What survives a restart: one port, and its adapters for SQLite and memory."""
