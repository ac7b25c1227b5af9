"""The first schema. Written by `python -m lockgate.storage.migrations.make`; do not edit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account_signs',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('sign', sa.String(length=16), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id', name=op.f('pk_account_signs'))
    )
    op.create_index(op.f('ix_account_signs_at'), 'account_signs', ['at'], unique=False)
    op.create_table('accounts',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_folded', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.String(length=256), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.BigInteger(), nullable=True),
    sa.Column('last_sign_in_at', sa.BigInteger(), nullable=True),
    sa.Column('password_allowed', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('name_folded', name=op.f('uq_accounts_name_folded'))
    )
    op.create_table('api_tokens',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('organisation', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('created_by', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_api_tokens_token_hash'))
    )
    op.create_table('app_credentials',
    sa.Column('thumbprint', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('certificate', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('checked_at', sa.BigInteger(), nullable=True),
    sa.Column('refusals', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('thumbprint', name=op.f('pk_app_credentials')),
    sa.UniqueConstraint('state', name=op.f('uq_app_credentials_state'))
    )
    op.create_table('audit_log',
    sa.Column('number', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('act', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('peer', sa.String(length=64), nullable=False),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('after', sa.JSON(), nullable=False),
    sa.Column('search', sa.Text().with_variant(postgresql.TSVECTOR(), 'postgresql'), nullable=False),
    sa.PrimaryKeyConstraint('number', 'at', name=op.f('pk_audit_log')),
    postgresql_partition_by='RANGE (at)'
    )
    op.create_index(op.f('ix_audit_log_at_number'), 'audit_log', ['at', 'number'], unique=False)
    op.create_index(op.f('ix_audit_log_subject_number'), 'audit_log', ['subject', 'number'], unique=False)
    op.create_index(op.f('ix_audit_log_tenant_id_number'), 'audit_log', ['tenant_id', 'number'], unique=False)
    op.create_table('automatic_senders',
    sa.Column('rule_id', sa.String(length=64), nullable=False),
    sa.Column('sender', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('rule_id', 'sender', name=op.f('pk_automatic_senders'))
    )
    op.create_index(op.f('ix_automatic_senders_at'), 'automatic_senders', ['at'], unique=False)
    op.create_table('bootstrap_codes',
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('used_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_bootstrap_codes'))
    )
    op.create_table('change_counters',
    sa.Column('topic', sa.String(length=64), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('topic', name=op.f('pk_change_counters'))
    )
    op.create_table('clicks',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('reader', sa.String(length=16), nullable=False),
    sa.Column('rcpt_to', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('verdict', sa.String(length=16), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('reasons', sa.Text(), nullable=False),
    sa.Column('method', sa.String(length=8), nullable=False),
    sa.Column('client', sa.String(length=64), nullable=False),
    sa.Column('agent', sa.Text(), nullable=False),
    sa.Column('trouble', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', 'at', name=op.f('pk_clicks')),
    postgresql_partition_by='RANGE (at)'
    )
    op.create_index(op.f('ix_clicks_at_id'), 'clicks', ['at', 'id'], unique=False)
    op.create_index(op.f('ix_clicks_message_id'), 'clicks', ['message_id'], unique=False)
    op.create_index(op.f('ix_clicks_reader'), 'clicks', ['reader'], unique=False)
    op.create_index(op.f('ix_clicks_tenant_id_at'), 'clicks', ['tenant_id', 'at'], unique=False)
    op.create_table('considered_knowledge',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('settled', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', name=op.f('pk_considered_knowledge'))
    )
    op.create_table('data_loss_findings',
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('findings', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('message_id', 'received_at', name=op.f('pk_data_loss_findings')),
    postgresql_partition_by='RANGE (received_at)'
    )
    op.create_index(op.f('ix_data_loss_findings_received_at'), 'data_loss_findings', ['received_at'], unique=False)
    op.create_table('deferrals',
    sa.Column('network_message_id', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('network_message_id', 'tenant_id', 'sha256', name=op.f('pk_deferrals'))
    )
    op.create_index(op.f('ix_deferrals_at'), 'deferrals', ['at'], unique=False)
    op.create_table('delta_links',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('link', sa.Text(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'kind', name=op.f('pk_delta_links'))
    )
    op.create_table('detections',
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('findings', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('message_id', 'received_at', name=op.f('pk_detections')),
    postgresql_partition_by='RANGE (received_at)'
    )
    op.create_index(op.f('ix_detections_received_at'), 'detections', ['received_at'], unique=False)
    op.create_table('digest_people',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.String(length=64), nullable=False),
    sa.Column('frequency', sa.String(length=16), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('told_until', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('tenant_id', 'person_id', name=op.f('pk_digest_people'))
    )
    op.create_table('digest_runs',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', name=op.f('pk_digest_runs'))
    )
    op.create_table('directory_groups',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('display_name', sa.Text(), nullable=False),
    sa.Column('mail', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id', name=op.f('pk_directory_groups'))
    )
    op.create_table('directory_members',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('group_id', sa.String(length=64), nullable=False),
    sa.Column('member_id', sa.String(length=64), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'group_id', 'member_id', name=op.f('pk_directory_members'))
    )
    op.create_table('directory_users',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('display_name', sa.Text(), nullable=False),
    sa.Column('user_principal_name', sa.Text(), nullable=False),
    sa.Column('addresses', sa.JSON(), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('mailbox_type', sa.String(length=32), nullable=False),
    sa.Column('job_title', sa.Text(), nullable=False),
    sa.Column('department', sa.Text(), nullable=False),
    sa.Column('language', sa.String(length=32), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id', name=op.f('pk_directory_users'))
    )
    op.create_table('feed_positions',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('finished_at', sa.BigInteger(), nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_feed_positions'))
    )
    op.create_table('feedback',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('by', sa.Text(), nullable=False),
    sa.Column('origin', sa.String(length=16), nullable=False),
    sa.Column('wanted', sa.Boolean(), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('header_from', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('blob', sa.Text(), nullable=False),
    sa.Column('reviewed_by', sa.Text(), nullable=False),
    sa.Column('reviewed_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feedback'))
    )
    op.create_index(op.f('ix_feedback_at'), 'feedback', ['at'], unique=False)
    op.create_index(op.f('ix_feedback_blob'), 'feedback', ['blob'], unique=False)
    op.create_table('held',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('envelope', sa.Text(), nullable=False),
    sa.Column('blob', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('reasons', sa.Text(), nullable=False),
    sa.Column('verdict', sa.String(length=16), nullable=False),
    sa.Column('policy_id', sa.String(length=64), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('subject_folded', sa.Text(), nullable=False),
    sa.Column('mail_from_folded', sa.Text(), nullable=False),
    sa.Column('header_from', sa.Text(), nullable=False),
    sa.Column('header_from_folded', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('held_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('asked', sa.Text(), nullable=False),
    sa.Column('unasked', sa.Boolean(), nullable=False),
    sa.Column('require_tls', sa.Boolean(), nullable=False),
    sa.Column('click_time', sa.Text(), nullable=True),
    sa.Column('unread', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_held'))
    )
    op.create_index(op.f('ix_held_blob'), 'held', ['blob'], unique=False)
    op.create_index(op.f('ix_held_expires_at'), 'held', ['expires_at'], unique=False)
    op.create_index(op.f('ix_held_held_at_id'), 'held', ['held_at', 'id'], unique=False)
    op.create_index(op.f('ix_held_message_id'), 'held', ['message_id'], unique=False)
    op.create_index(op.f('ix_held_unasked_held_at'), 'held', ['unasked', 'held_at'], unique=False)
    op.create_index(op.f('ix_held_unread_held_at'), 'held', ['unread', 'held_at'], unique=False)
    op.create_table('hourly_tallies',
    sa.Column('hour', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('shard', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('hour', 'tenant_id', 'direction', 'kind', 'value', 'shard', name=op.f('pk_hourly_tallies'))
    )
    op.create_table('later_events',
    sa.Column('number', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('step', sa.String(length=32), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('rcpt_to', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('number', 'received_at', name=op.f('pk_later_events')),
    postgresql_partition_by='RANGE (received_at)'
    )
    op.create_index(op.f('ix_later_events_message_id'), 'later_events', ['message_id'], unique=False)
    op.create_index(op.f('ix_later_events_received_at'), 'later_events', ['received_at'], unique=False)
    op.create_table('letters',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('purpose', sa.String(length=32), nullable=False),
    sa.Column('recipients', sa.JSON(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('next_try_at', sa.BigInteger(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('sent_at', sa.BigInteger(), nullable=True),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letters'))
    )
    op.create_index(op.f('ix_letters_next_try_at'), 'letters', ['next_try_at'], unique=False)
    op.create_index(op.f('ix_letters_purpose_made_at'), 'letters', ['purpose', 'made_at'], unique=False)
    op.create_table('message_recipients',
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('rcpt_to', sa.Text(), nullable=False),
    sa.Column('rcpt_to_folded', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('explanation', sa.Text(), nullable=False),
    sa.Column('policy_id', sa.String(length=64), nullable=False),
    sa.Column('policy_name', sa.Text(), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('reasons', sa.Text(), nullable=False),
    sa.Column('monitored', sa.Text(), nullable=False),
    sa.Column('reply', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('message_id', 'position', 'received_at', name=op.f('pk_message_recipients')),
    postgresql_partition_by='RANGE (received_at)'
    )
    op.create_table('messages',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('finished_at', sa.BigInteger(), nullable=False),
    sa.Column('peer', sa.Text(), nullable=False),
    sa.Column('mail_from', sa.Text(), nullable=False),
    sa.Column('header_from', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('internet_message_id', sa.Text(), nullable=False),
    sa.Column('network_message_id', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('verdict', sa.String(length=16), nullable=False),
    sa.Column('score', sa.Float(), nullable=True),
    sa.Column('reply', sa.Text(), nullable=False),
    sa.Column('events', sa.Text(), nullable=False),
    sa.Column('search', sa.Text().with_variant(postgresql.TSVECTOR(), 'postgresql'), nullable=False),
    sa.Column('files', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', 'received_at', name=op.f('pk_messages')),
    postgresql_partition_by='RANGE (received_at)'
    )
    op.create_index(op.f('ix_messages_finished_at_id'), 'messages', ['finished_at', 'id'], unique=False)
    op.create_index(op.f('ix_messages_internet_message_id'), 'messages', ['internet_message_id'], unique=False)
    op.create_index(op.f('ix_messages_network_message_id'), 'messages', ['network_message_id'], unique=False)
    op.create_index(op.f('ix_messages_received_at_id'), 'messages', ['received_at', 'id'], unique=False)
    op.create_index(op.f('ix_messages_tenant_id_received_at'), 'messages', ['tenant_id', 'received_at'], unique=False)
    op.create_table('notices',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('rule_id', sa.String(length=64), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('audience', sa.String(length=16), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('kept_at', sa.BigInteger(), nullable=False),
    sa.Column('facts', sa.Text(), nullable=False),
    sa.Column('letter_id', sa.String(length=64), nullable=False),
    sa.Column('told_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_notices'))
    )
    op.create_index(op.f('ix_notices_address_told_at'), 'notices', ['address', 'told_at'], unique=False)
    op.create_index(op.f('ix_notices_letter_id_tenant_id_rule_id_address'), 'notices', ['letter_id', 'tenant_id', 'rule_id', 'address'], unique=False)
    op.create_index(op.f('ix_notices_rule_id_address_message_id_outcome'), 'notices', ['rule_id', 'address', 'message_id', 'outcome'], unique=True)
    op.create_index(op.f('ix_notices_tenant_id_told_at'), 'notices', ['tenant_id', 'told_at'], unique=False)
    op.create_table('notifications',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('organisation', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('letter_id', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_notifications')),
    sa.UniqueConstraint('key', name=op.f('uq_notifications_key'))
    )
    op.create_index(op.f('ix_notifications_at'), 'notifications', ['at'], unique=False)
    op.create_index(op.f('ix_notifications_letter_id'), 'notifications', ['letter_id'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('envelope', sa.Text(), nullable=False),
    sa.Column('blob', sa.Text(), nullable=False),
    sa.Column('junk', sa.Boolean(), nullable=False),
    sa.Column('queued_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('next_try_at', sa.BigInteger(), nullable=False),
    sa.Column('leased_until', sa.BigInteger(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('last_reply', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox'))
    )
    op.create_index(op.f('ix_outbox_blob'), 'outbox', ['blob'], unique=False)
    op.create_index(op.f('ix_outbox_message_id'), 'outbox', ['message_id'], unique=False)
    op.create_index(op.f('ix_outbox_next_try_at'), 'outbox', ['next_try_at'], unique=False)
    op.create_table('policies',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('deleted', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policies'))
    )
    op.create_index(op.f('ix_policies_tenant_id_direction'), 'policies', ['tenant_id', 'direction'], unique=False)
    op.create_table('pull_backs',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('internet_message_id', sa.Text(), nullable=False),
    sa.Column('destination', sa.String(length=16), nullable=False),
    sa.Column('asked_at', sa.BigInteger(), nullable=False),
    sa.Column('asked_by', sa.Text(), nullable=False),
    sa.Column('is_return', sa.Boolean(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pull_backs'))
    )
    op.create_index(op.f('ix_pull_backs_asked_at'), 'pull_backs', ['asked_at'], unique=False)
    op.create_index(op.f('ix_pull_backs_message_id'), 'pull_backs', ['message_id'], unique=False)
    op.create_table('report_plans',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('frequency', sa.String(length=16), nullable=False),
    sa.Column('hour', sa.Integer(), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('recipients', sa.JSON(), nullable=False),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.Column('next_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_plans'))
    )
    op.create_index(op.f('ix_report_plans_next_at'), 'report_plans', ['next_at'], unique=False)
    op.create_table('reports',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('plan_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('begins', sa.BigInteger(), nullable=False),
    sa.Column('ends', sa.BigInteger(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.Column('pdf', sa.LargeBinary(), nullable=False),
    sa.Column('html', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reports'))
    )
    op.create_index(op.f('ix_reports_made_at'), 'reports', ['made_at'], unique=False)
    op.create_table('reputation_entries',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('policy_id', sa.String(length=64), nullable=False),
    sa.Column('standing', sa.String(length=8), nullable=False),
    sa.Column('subject', sa.String(length=8), nullable=False),
    sa.Column('pattern', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('added_at', sa.BigInteger(), nullable=False),
    sa.Column('added_by', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reputation_entries')),
    sa.UniqueConstraint('tenant_id', 'policy_id', 'standing', 'subject', 'pattern', 'source', name=op.f('uq_reputation_entries_tenant_id_policy_id_standing_subject_pattern_source'))
    )
    op.create_index(op.f('ix_reputation_entries_expires_at'), 'reputation_entries', ['expires_at'], unique=False)
    op.create_index(op.f('ix_reputation_entries_source'), 'reputation_entries', ['source'], unique=False)
    op.create_table('sandbox_files',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('task', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('submitted_at', sa.BigInteger(), nullable=False),
    sa.Column('judged_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_sandbox_files'))
    )
    op.create_index(op.f('ix_sandbox_files_state_submitted_at'), 'sandbox_files', ['state', 'submitted_at'], unique=False)
    op.create_table('sandbox_waits',
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('message_id', 'sha256', name=op.f('pk_sandbox_waits'))
    )
    op.create_index(op.f('ix_sandbox_waits_since'), 'sandbox_waits', ['since'], unique=False)
    op.create_table('saved_searches',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('log', sa.String(length=16), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_folded', sa.Text(), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('owner_id', sa.String(length=64), nullable=False),
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('shared_with', sa.String(length=64), nullable=False),
    sa.Column('saved_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_searches')),
    sa.UniqueConstraint('owner_id', 'log', 'name_folded', name=op.f('uq_saved_searches_owner_id_log_name_folded'))
    )
    op.create_table('sender_history',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('messages', sa.BigInteger(), nullable=False),
    sa.Column('wrote_to', sa.BigInteger(), nullable=False),
    sa.Column('first_seen', sa.BigInteger(), nullable=False),
    sa.Column('last_seen', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'address', name=op.f('pk_sender_history'))
    )
    op.create_index(op.f('ix_sender_history_last_seen'), 'sender_history', ['last_seen'], unique=False)
    op.create_table('service_accounts',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('secrets', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_accounts'))
    )
    op.create_index(op.f('ix_service_accounts_tenant_id'), 'service_accounts', ['tenant_id'], unique=False)
    op.create_table('settings_versions',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.Column('saved_at', sa.BigInteger(), nullable=False),
    sa.Column('saved_by', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', 'version', name=op.f('pk_settings_versions'))
    )
    op.create_table('settlements',
    sa.Column('network_message_id', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('rcpt_to', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('network_message_id', 'tenant_id', 'direction', 'sha256', 'rcpt_to', name=op.f('pk_settlements'))
    )
    op.create_index(op.f('ix_settlements_at'), 'settlements', ['at'], unique=False)
    op.create_table('user_reports',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('reporter', sa.Text(), nullable=False),
    sa.Column('way', sa.String(length=16), nullable=False),
    sa.Column('reported_at', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('blob', sa.Text(), nullable=False),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.Column('judgement', sa.Text(), nullable=True),
    sa.Column('decided_by', sa.Text(), nullable=False),
    sa.Column('decided_at', sa.BigInteger(), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_reports'))
    )
    op.create_index(op.f('ix_user_reports_blob'), 'user_reports', ['blob'], unique=False)
    op.create_index(op.f('ix_user_reports_reported_at'), 'user_reports', ['reported_at'], unique=False)
    op.create_index(op.f('ix_user_reports_state_reported_at'), 'user_reports', ['state', 'reported_at'], unique=False)
    op.create_table('vital_signs',
    sa.Column('gateway', sa.String(length=64), nullable=False),
    sa.Column('fit_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('gateway', name=op.f('pk_vital_signs'))
    )
    op.create_table('account_roles',
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('organisation', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_account_roles_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', 'organisation', name=op.f('pk_account_roles'))
    )
    op.create_table('consent_requests',
    sa.Column('state_hash', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('step', sa.String(length=16), nullable=False),
    sa.Column('session_hash', sa.String(length=64), nullable=False),
    sa.Column('phase', sa.String(length=16), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('verifier', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['service_accounts.id'], name=op.f('fk_consent_requests_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('state_hash', name=op.f('pk_consent_requests'))
    )
    op.create_table('held_recipients',
    sa.Column('held_id', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('rcpt_to', sa.Text(), nullable=False),
    sa.Column('rcpt_to_folded', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_by', sa.Text(), nullable=False),
    sa.Column('claim', sa.String(length=64), nullable=False),
    sa.Column('reply', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['held_id'], ['held.id'], name=op.f('fk_held_recipients_held_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('held_id', 'position', name=op.f('pk_held_recipients'))
    )
    op.create_index(op.f('ix_held_recipients_rcpt_to_folded'), 'held_recipients', ['rcpt_to_folded'], unique=False)
    op.create_index(op.f('ix_held_recipients_state_changed_at'), 'held_recipients', ['state', 'changed_at'], unique=False)
    op.create_table('held_words',
    sa.Column('held_id', sa.String(length=64), nullable=False),
    sa.Column('words', sa.Text().with_variant(postgresql.TSVECTOR(), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['held_id'], ['held.id'], name=op.f('fk_held_words_held_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('held_id', name=op.f('pk_held_words'))
    )
    op.create_table('microsoft_accounts',
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('proved_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_microsoft_accounts_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_microsoft_accounts'))
    )
    op.create_index(op.f('ix_microsoft_accounts_tenant_id_user_id'), 'microsoft_accounts', ['tenant_id', 'user_id'], unique=True)
    op.create_table('outbox_recipients',
    sa.Column('queued_id', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('rcpt_to', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('reply', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['queued_id'], ['outbox.id'], name=op.f('fk_outbox_recipients_queued_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('queued_id', 'position', name=op.f('pk_outbox_recipients'))
    )
    op.create_index(op.f('ix_outbox_recipients_state'), 'outbox_recipients', ['state'], unique=False)
    op.create_table('plan_steps',
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('step', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['service_accounts.id'], name=op.f('fk_plan_steps_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', 'digest', 'step', name=op.f('pk_plan_steps'))
    )
    op.create_table('plans',
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['service_accounts.id'], name=op.f('fk_plans_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', 'digest', name=op.f('pk_plans'))
    )
    op.create_table('policy_drafts',
    sa.Column('policy_id', sa.String(length=64), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.BigInteger(), nullable=False),
    sa.Column('saved_by', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['policy_id'], ['policies.id'], name=op.f('fk_policy_drafts_policy_id')),
    sa.PrimaryKeyConstraint('policy_id', name=op.f('pk_policy_drafts'))
    )
    op.create_table('policy_versions',
    sa.Column('policy_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.BigInteger(), nullable=False),
    sa.Column('saved_by', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['policy_id'], ['policies.id'], name=op.f('fk_policy_versions_policy_id')),
    sa.PrimaryKeyConstraint('policy_id', 'version', name=op.f('pk_policy_versions'))
    )
    op.create_table('pull_back_copies',
    sa.Column('pull_back_id', sa.String(length=64), nullable=False),
    sa.Column('mailbox', sa.Text(), nullable=False),
    sa.Column('item_id', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('folder_id', sa.Text(), nullable=False),
    sa.Column('held_id', sa.String(length=64), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['pull_back_id'], ['pull_backs.id'], name=op.f('fk_pull_back_copies_pull_back_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('pull_back_id', 'mailbox', 'item_id', name=op.f('pk_pull_back_copies'))
    )
    op.create_index(op.f('ix_pull_back_copies_pull_back_id_state'), 'pull_back_copies', ['pull_back_id', 'state'], unique=False)
    op.create_table('sessions',
    sa.Column('id_hash', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('csrf_token', sa.String(length=64), nullable=False),
    sa.Column('peer', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('seen_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_sessions_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id_hash', name=op.f('pk_sessions'))
    )
    op.create_index(op.f('ix_sessions_account_id'), 'sessions', ['account_id'], unique=False)
    op.create_index(op.f('ix_sessions_expires_at'), 'sessions', ['expires_at'], unique=False)
    op.create_table('stages',
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('task', sa.String(length=16), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['service_accounts.id'], name=op.f('fk_stages_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', 'task', 'position', name=op.f('pk_stages'))
    )
    op.create_table('wishes',
    sa.Column('held_id', sa.String(length=64), nullable=False),
    sa.Column('rcpt_to', sa.Text(), nullable=False),
    sa.Column('wish', sa.String(length=16), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['held_id'], ['held.id'], name=op.f('fk_wishes_held_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('held_id', 'rcpt_to', 'wish', name=op.f('pk_wishes'))
    )
    op.create_index(op.f('ix_wishes_at'), 'wishes', ['at'], unique=False)
    if op.get_context().dialect.name == "postgresql":
        op.create_index("ix_messages_search", "messages", ["search"], postgresql_using="gin")
        op.create_index("ix_audit_log_search", "audit_log", ["search"], postgresql_using="gin")
        op.create_index("ix_held_words_words", "held_words", ["words"], postgresql_using="gin")
        op.execute("ALTER TABLE held_words ALTER COLUMN words SET STORAGE MAIN")  # else a scan looks cheap
