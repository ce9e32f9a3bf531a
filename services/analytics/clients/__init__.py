"""Analytics's ways out: what it says to others."""
