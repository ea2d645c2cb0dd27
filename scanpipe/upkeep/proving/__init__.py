"""That nothing was lost or altered: fixity, the daily root, timestamps, proofs for others."""
