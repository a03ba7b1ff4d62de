"""What Copier runs when a product crosses a version: one file a version, named like v2_0_0.py.

A migration's function is called `before` or `after`, takes the product's folder, may be run twice,
uses the standard library only, and is written of the small functions in answers.py and files.py.
"""
