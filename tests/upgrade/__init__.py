"""`make upgrade-check OLD=commit`: a Promptly of another commit is filled, and this one goes on with what it left."""
