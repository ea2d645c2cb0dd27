"""From an image of paper to text with places: what happens inside a lane."""
