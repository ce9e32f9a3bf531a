"""What a lever must never do: files, conversations and sentences sent through every level, checked by their own readers."""
