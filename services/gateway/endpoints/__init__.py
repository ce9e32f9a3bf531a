"""The formats that clients speak: one module per endpoint."""
