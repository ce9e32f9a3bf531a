"""The data plane as an OpenAPI document."""
