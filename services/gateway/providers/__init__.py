"""The providers: one folder each, which declares everything that the gateway has to know about it."""
