"""What keeps a record, and how one may lawfully go."""
