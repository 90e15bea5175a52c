"""Review: from a submitted entry to the published list. Eligibility, panel, assignment, scores, notice, decision."""
