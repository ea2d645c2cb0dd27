"""A body's own retention schedule: read from its files, and accepted for records that are kept already."""
