"""What crosses a boundary between services: events, their envelope, campaign definitions, the 字 counter."""
