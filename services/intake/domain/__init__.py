"""What intake decides: accounts, campaigns, entries and their states, readiness, revisions. Pure Python."""
