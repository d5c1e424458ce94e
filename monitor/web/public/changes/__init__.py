"""What changed, for everybody: the list with its filters, each change with why, feeds, and as a table.

``asked`` reads a filter, ``listed`` shows the list, ``why`` one change, ``atom`` the feeds.
"""
