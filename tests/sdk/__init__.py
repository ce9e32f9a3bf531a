"""The SDKs as a user gets them: built, installed into an empty environment, and used against a running Promptly."""
