"""Papers are made into files by child processes, with limits of time and memory.

So no text that anybody typed holds up, or takes down, the process that answers.

A typesetter keeps what it has seen: with texts of thousands of lines it grew to a gigabyte, and never gave it back.
"""

from services.intake.rendering.press.press import Press, PressError
from services.intake.rendering.press.work import Job, Letters, Print

__all__ = ["Job", "Letters", "Press", "PressError", "Print"]
