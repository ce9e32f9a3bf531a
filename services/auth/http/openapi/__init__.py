"""The dashboard's API as an OpenAPI document."""
