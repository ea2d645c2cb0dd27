"""What people look for, and where it stands."""
