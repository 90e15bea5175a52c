"""The one form that notify takes from a page: contacts pass through no other service, and need no script."""
