"""Paper, cabinets and the campaign: the arithmetic of both ledgers."""
