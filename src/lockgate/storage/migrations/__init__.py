"""Alembic migrations, run by the program itself at start-up (`upgrade.py`).

Before the first release there is one revision that covers all tables. After adding or changing a table, write it
anew with `python -m lockgate.storage.migrations.make`; a test says when that was forgotten.
"""
