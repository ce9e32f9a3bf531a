"""How the work on a text grows with its length: what a caller or a provider writes must never cost more than its share."""
