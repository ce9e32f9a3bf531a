"""Node for what is built with it, and the dashboard's build. Nothing but the standard library: this runs before an install."""
