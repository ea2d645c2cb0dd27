"""Second copies, and a store made again."""
