"""Memos for a meeting: one sheet of A4 as a page, in print and as a PDF.

``one`` gathers what the memo of an intervention says, ``pages`` answers, ``pdf`` sets the sheet
(``memo.typ``, ``fonts/``), ``glyphs`` knows which characters the fonts have.
"""
