"""Review's rules and use cases, over ports in memory."""
