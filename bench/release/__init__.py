"""`make release VERSION=`: a commit, a tag, wheels, the chart's package, and what is inside of it."""
