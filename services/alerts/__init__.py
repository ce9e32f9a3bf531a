"""Rules that watch what requests cost and how they end, and the record of when they fired."""
