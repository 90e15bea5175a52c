"""The demo: a whole campaign on real input, through public interfaces only."""
