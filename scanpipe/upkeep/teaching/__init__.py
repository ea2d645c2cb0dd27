"""What is learnt from people's decisions, and what a scan would be filed as."""
