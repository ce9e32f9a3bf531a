"""The levers: text and messages in, shorter text and messages out."""
