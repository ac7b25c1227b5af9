"""Writes the one revision anew from the tables: `python -m lockgate.storage.migrations.make`.

Rule: after the first release this command must only ever add revisions; it refuses to run when there are more
than one.
"""

import sys
from pathlib import Path
from typing import Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import TypeDecorator, create_engine

from lockgate.storage.schema import all_tables

VERSIONS = Path(__file__).parent / "versions"
FILE = VERSIONS / "0001_initial.py"
HEAD = '''"""The first schema. Written by `python -m lockgate.storage.migrations.make`; do not edit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
'''
TAIL = """    if op.get_context().dialect.name == "postgresql":
        op.create_index("ix_messages_search", "messages", ["search"], postgresql_using="gin")
        op.create_index("ix_audit_log_search", "audit_log", ["search"], postgresql_using="gin")
        op.create_index("ix_held_words_words", "held_words", ["words"], postgresql_using="gin")
        op.execute("ALTER TABLE held_words ALTER COLUMN words SET STORAGE MAIN")  # else a scan looks cheap
"""


def initial_revision() -> str:
    """The text of the revision that makes all present tables out of nothing."""
    with create_engine("sqlite://").connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": all_tables()})
        script = produce_migrations(context, context.opts["target_metadata"])
        if script.upgrade_ops is None:
            raise RuntimeError("Alembic found nothing to do for an empty database.")
        body = render_python_code(script.upgrade_ops, render_item=_plain_type, migration_context=context)
    lines = [line.rstrip() for line in body.splitlines() if not line.lstrip().startswith("#")]
    return HEAD + "\n".join(lines) + "\n" + TAIL


def _plain_type(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Types of the house as the plain types they are stored as, so that a revision needs no code of today."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return getattr(item, "in_revision", f"sa.{item.impl_instance!r}")
    return False


def main() -> int:
    """Write the file; exit status 1 when there is more than one revision already."""
    if [path for path in VERSIONS.glob("*.py") if path.name not in {FILE.name, "__init__.py"}]:
        sys.stderr.write("There are later revisions: add another one instead of rewriting the first.\n")
        return 1
    FILE.write_text(initial_revision(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
