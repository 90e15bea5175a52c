"""The unit's desk: home, campaigns, the editor, sending, history, messages."""

from services.intake.pages.desk import editor, history, home, sending

ROUTERS = (editor.router, home.router, sending.router, history.router)

__all__ = ["ROUTERS"]
