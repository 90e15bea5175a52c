"""The processes that are killed: producers, relays, consumers, and mutants of them."""
