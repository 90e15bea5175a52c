"""Documents: scanned forms and proofs, as PDF or as a picture of one page.

What is asked of a PDF: that every reader shows the same pages without repairing anything, that they can be seen, and
that nothing in it acts by itself.
"""

from services.media.documents.judge import judge_document
from services.media.documents.render import render_first_page
from services.media.documents.warm import warm_up_documents

__all__ = ["judge_document", "render_first_page", "warm_up_documents"]
