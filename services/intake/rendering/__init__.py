"""Papers as files: .docx by docxtpl, .pdf by Typst, .xlsx by XlsxWriter, QR codes by segno.

CPU work, run in the process kind `files` (docs/adr): never in the api.
"""
