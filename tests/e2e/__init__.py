"""End to end, on a whole embedded stack, through public interfaces."""
