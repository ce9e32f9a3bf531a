"""How fast the dashboard's figures come from a large log, and whether they are those of a recount."""
