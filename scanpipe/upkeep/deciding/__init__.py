"""What people decide about records, made into corrections, and taken back."""
