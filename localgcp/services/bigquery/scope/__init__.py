"""What a statement may name, and which tables and columns stand behind the names."""
