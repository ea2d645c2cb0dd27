"""Cabinet zero: ledger A, cabinets, campaigns, indicators, and the one place where all figures are made."""
