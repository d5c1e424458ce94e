"""The ten beside each other: any two side by side, and what pages show as tables to take away.

``side_by_side`` shows two, ``tables`` hands a table over, ``downloads`` has those of pages that are
not in a room of their own.
"""
