"""What intake does: (command, ports) → state change and events."""
