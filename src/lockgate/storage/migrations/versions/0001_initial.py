"""The first schema. Written by `python -m lockgate.storage.migrations.make`; do not edit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_log',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('act', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('peer', sa.String(length=64), nullable=False),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('after', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_audit_log'))
    )
    op.create_index(op.f('ix_audit_log_at_number'), 'audit_log', ['at', 'number'], unique=False)
    op.create_index(op.f('ix_audit_log_subject_number'), 'audit_log', ['subject', 'number'], unique=False)
    op.create_table('change_counters',
    sa.Column('topic', sa.String(length=64), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('topic', name=op.f('pk_change_counters'))
    )
