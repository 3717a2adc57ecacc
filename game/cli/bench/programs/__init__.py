"""What the bench measures, as small programs that run in a child of any build's Python: `measure_row.py` starts them.

They import what both builds have, or a new name and then the old one (`timing.found`), and report plain data.
"""
