"""Review's pages."""
