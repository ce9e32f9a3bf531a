"""Pure: what a question says, and whether two of them ask for the same answer."""
