"""The papers of an entry, as what stands on them: forms, the article, the receipt, summary tables, letters.

Pure data, in the order in which it is read; services/intake/rendering sets it as .docx, .pdf and .xlsx.
"""
