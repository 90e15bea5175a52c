"""What notify does: register contacts, take note of events, keep reminder plans, write letters, deliver mail."""
