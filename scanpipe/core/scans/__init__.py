"""What comes from scanners: files, their pages, the sheets between them."""
