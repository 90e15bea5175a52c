"""What review does: a use case takes its ports and a request, changes state, writes events. No framework in sight."""
