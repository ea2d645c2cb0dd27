"""What a document says of itself, and which category it belongs to."""
