"""What can be printed of an entry, of which revision, and what stands on each paper."""

from services.intake.usecases.documents.forms import forms_and_articles, print_document
from services.intake.usecases.documents.printable import LISTED, Printable, Titled, list_documents
from services.intake.usecases.documents.receipts import next_steps, print_receipt, receipt_of
from services.intake.usecases.documents.summaries import print_summary

__all__ = [
    "LISTED",
    "Printable",
    "Titled",
    "forms_and_articles",
    "list_documents",
    "next_steps",
    "print_document",
    "print_receipt",
    "print_summary",
    "receipt_of",
]
