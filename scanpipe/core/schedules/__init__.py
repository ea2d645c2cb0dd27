"""A body's own retention schedule: read from its tables, and what a changed one means."""
