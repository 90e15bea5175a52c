"""What notify knows and decides, as plain Python: contacts, letters, reminders, delivery, dates."""
