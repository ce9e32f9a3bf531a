"""The dashboard's API as an OpenAPI document, derived from the handlers' signatures as Litestar parses them.

Litestar's own generator is not used: it leaves out that a struct forbids unknown fields, docstrings, defaults and
`extra_json_schema`, and takes a query string field by field instead of as a struct. Answers would be held to less.
"""
