"""A provider for tests and the demo: speaks the wire format to the byte, counts what it was asked, and bills for it."""
