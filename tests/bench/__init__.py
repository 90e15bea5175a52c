"""Speed, as ratios in one run wherever machines differ. `python -m tests.bench` runs every part."""
