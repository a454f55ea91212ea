"""people, roles, mail, audit

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-21 22:57:23.338312

"""
from alembic import op
import sqlalchemy as sa

from forum.db import append_only


# revision identifiers, used by Alembic.
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('audit_chain',
    sa.Column('scope', sa.String(length=40), nullable=False),
    sa.Column('length', sa.Integer(), nullable=False),
    sa.Column('last', sa.LargeBinary(), nullable=False),
    sa.Column('seal', sa.LargeBinary(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_chain')),
    sa.UniqueConstraint('scope', name=op.f('uq_audit_chain_scope'))
    )
    op.create_table('data_key',
    sa.Column('scope', sa.String(length=40), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('master', sa.String(length=16), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_data_key')),
    sa.UniqueConstraint('scope', 'generation', name=op.f('uq_data_key_scope_generation'))
    )
    op.create_table('limit_count',
    sa.Column('subject', sa.LargeBinary(), nullable=False),
    sa.Column('window_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_limit_count')),
    sa.UniqueConstraint('subject', 'window_at', name=op.f('uq_limit_count_subject_window_at'))
    )
    op.create_table('person',
    sa.Column('language', sa.String(length=12), nullable=False),
    sa.Column('languages', sa.JSON(), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('persona', sa.String(length=40), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('name_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('alias_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('uid', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('persona', name=op.f('uq_person_persona')),
    sa.UniqueConstraint('uid', name=op.f('uq_person_uid'))
    )
    op.create_table('used_challenge',
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_used_challenge')),
    sa.UniqueConstraint('digest', name=op.f('uq_used_challenge_digest'))
    )
    op.create_table('address',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('is_primary', sa.Boolean(), nullable=False),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('refused_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('refusal', sa.String(length=80), nullable=False),
    sa.Column('email_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('uid', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_address_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address')),
    sa.UniqueConstraint('digest', name=op.f('uq_address_digest')),
    sa.UniqueConstraint('uid', name=op.f('uq_address_uid'))
    )
    with op.batch_alter_table('address', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_address_person_id'), ['person_id'], unique=False)

    op.create_table('audit_entry',
    sa.Column('chain_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.Uuid(), nullable=True),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('record_type', sa.String(length=40), nullable=False),
    sa.Column('record', sa.String(length=60), nullable=False),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.Column('previous', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['chain_id'], ['audit_chain.id'], name=op.f('fk_audit_entry_chain_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry')),
    sa.UniqueConstraint('chain_id', 'number', name=op.f('uq_audit_entry_chain_id_number'))
    )
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_entry_actor'), ['actor'], unique=False)
        batch_op.create_index('ix_audit_entry_record', ['record_type', 'record'], unique=False)

    op.create_table('authenticator',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_step', sa.Integer(), nullable=False),
    sa.Column('seed_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('uid', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_authenticator_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_authenticator')),
    sa.UniqueConstraint('person_id', name=op.f('uq_authenticator_person_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_authenticator_uid'))
    )
    op.create_table('mailed_key',
    sa.Column('purpose', sa.Enum('sign_in', 'add_address', name='purpose', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('address_digest', sa.LargeBinary(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('link_digest', sa.LargeBinary(), nullable=False),
    sa.Column('code_digest', sa.LargeBinary(), nullable=False),
    sa.Column('code_tries', sa.Integer(), nullable=False),
    sa.Column('language', sa.String(length=12), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('email_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('uid', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_mailed_key_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mailed_key')),
    sa.UniqueConstraint('link_digest', name=op.f('uq_mailed_key_link_digest')),
    sa.UniqueConstraint('uid', name=op.f('uq_mailed_key_uid'))
    )
    with op.batch_alter_table('mailed_key', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mailed_key_address_digest'), ['address_digest'], unique=False)

    op.create_table('passkey',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('credential_id', sa.LargeBinary(), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('sign_count', sa.Integer(), nullable=False),
    sa.Column('transports', sa.JSON(), nullable=False),
    sa.Column('name_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('uid', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_passkey_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkey')),
    sa.UniqueConstraint('credential_id', name=op.f('uq_passkey_credential_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_passkey_uid'))
    )
    with op.batch_alter_table('passkey', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_passkey_person_id'), ['person_id'], unique=False)

    op.create_table('recovery_code',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_recovery_code_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code')),
    sa.UniqueConstraint('digest', name=op.f('uq_recovery_code_digest'))
    )
    with op.batch_alter_table('recovery_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_recovery_code_person_id'), ['person_id'], unique=False)

    op.create_table('sign_in',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('proof', sa.Enum('link', 'code', 'passkey', 'persona', name='proof', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('second_factor_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_sign_in_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in')),
    sa.UniqueConstraint('code', name=op.f('uq_sign_in_code')),
    sa.UniqueConstraint('digest', name=op.f('uq_sign_in_digest'))
    )
    with op.batch_alter_table('sign_in', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_person_id'), ['person_id'], unique=False)

    op.create_table('invitation',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('link_digest', sa.LargeBinary(), nullable=False),
    sa.Column('role', sa.Enum('organiser', 'programme', 'reviewer', 'desk', 'translator', 'rapporteur', 'engagement', 'assessor', 'funder', 'administrator', name='role', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('language', sa.String(length=12), nullable=False),
    sa.Column('sees_internal_statistics', sa.Boolean(), nullable=False),
    sa.Column('address_digest', sa.LargeBinary(), nullable=False),
    sa.Column('mail_language', sa.String(length=12), nullable=False),
    sa.Column('invited_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('invited_by', sa.Uuid(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('declined_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('email_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('uid', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_invitation_edition_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('code', name=op.f('uq_invitation_code')),
    sa.UniqueConstraint('link_digest', name=op.f('uq_invitation_link_digest')),
    sa.UniqueConstraint('uid', name=op.f('uq_invitation_uid'))
    )
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invitation_address_digest'), ['address_digest'], unique=False)
        batch_op.create_index(batch_op.f('ix_invitation_edition_id'), ['edition_id'], unique=False)

    op.create_table('mail_refusal',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('refused_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_mail_refusal_edition_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_mail_refusal_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_refusal')),
    sa.UniqueConstraint('person_id', 'edition_id', name=op.f('uq_mail_refusal_person_id_edition_id'))
    )
    op.create_table('mailing',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('subject', sa.JSON(), nullable=False),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.Column('audience', sa.JSON(), nullable=False),
    sa.Column('state', sa.Enum('draft', 'sent', name='mailingstate', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('is_service', sa.Boolean(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('written_by', sa.Uuid(), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_to', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_mailing_edition_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mailing')),
    sa.UniqueConstraint('code', name=op.f('uq_mailing_code'))
    )
    with op.batch_alter_table('mailing', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mailing_edition_id'), ['edition_id'], unique=False)

    op.create_table('role_grant',
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('edition_id', sa.Integer(), nullable=True),
    sa.Column('role', sa.Enum('organiser', 'programme', 'reviewer', 'desk', 'translator', 'rapporteur', 'engagement', 'assessor', 'funder', 'administrator', name='role', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('language', sa.String(length=12), nullable=False),
    sa.Column('sees_internal_statistics', sa.Boolean(), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('granted_by', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_role_grant_edition_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_role_grant_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grant')),
    sa.UniqueConstraint('code', name=op.f('uq_role_grant_code'))
    )
    with op.batch_alter_table('role_grant', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_role_grant_person_id'), ['person_id'], unique=False)
        batch_op.create_index('uq_role_grant_in_edition', ['edition_id', 'person_id', 'role', 'language'], unique=True)

    op.create_table('outbox_mail',
    sa.Column('edition_id', sa.Integer(), nullable=True),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('mailing_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('urgency', sa.Integer(), nullable=False),
    sa.Column('language', sa.String(length=12), nullable=False),
    sa.Column('recipient_digest', sa.LargeBinary(), nullable=True),
    sa.Column('is_secret', sa.Boolean(), nullable=False),
    sa.Column('state', sa.Enum('queued', 'sending', 'sent', 'failed', 'cancelled', name='mailstate', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_reply', sa.String(length=80), nullable=False),
    sa.Column('letter_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('uid', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_outbox_mail_edition_id')),
    sa.ForeignKeyConstraint(['mailing_id'], ['mailing.id'], name=op.f('fk_outbox_mail_mailing_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_outbox_mail_person_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_mail')),
    sa.UniqueConstraint('mailing_id', 'person_id', name=op.f('uq_outbox_mail_mailing_id_person_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_outbox_mail_uid'))
    )
    with op.batch_alter_table('outbox_mail', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_mail_due', ['state', 'urgency', 'next_try_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_outbox_mail_edition_id'), ['edition_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_outbox_mail_person_id'), ['person_id'], unique=False)

    for trigger in append_only('audit_entry', op.get_bind().dialect.name):
        op.execute(trigger)


def downgrade():
    with op.batch_alter_table('outbox_mail', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_outbox_mail_person_id'))
        batch_op.drop_index(batch_op.f('ix_outbox_mail_edition_id'))
        batch_op.drop_index('ix_outbox_mail_due')

    op.drop_table('outbox_mail')
    with op.batch_alter_table('role_grant', schema=None) as batch_op:
        batch_op.drop_index('uq_role_grant_in_edition')
        batch_op.drop_index(batch_op.f('ix_role_grant_person_id'))

    op.drop_table('role_grant')
    with op.batch_alter_table('mailing', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mailing_edition_id'))

    op.drop_table('mailing')
    op.drop_table('mail_refusal')
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_invitation_edition_id'))
        batch_op.drop_index(batch_op.f('ix_invitation_address_digest'))

    op.drop_table('invitation')
    with op.batch_alter_table('sign_in', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_person_id'))

    op.drop_table('sign_in')
    with op.batch_alter_table('recovery_code', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_recovery_code_person_id'))

    op.drop_table('recovery_code')
    with op.batch_alter_table('passkey', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_passkey_person_id'))

    op.drop_table('passkey')
    with op.batch_alter_table('mailed_key', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mailed_key_address_digest'))

    op.drop_table('mailed_key')
    op.drop_table('authenticator')
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_entry_record')
        batch_op.drop_index(batch_op.f('ix_audit_entry_actor'))

    op.drop_table('audit_entry')
    with op.batch_alter_table('address', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_address_person_id'))

    op.drop_table('address')
    op.drop_table('used_challenge')
    op.drop_table('person')
    op.drop_table('limit_count')
    op.drop_table('data_key')
    op.drop_table('audit_chain')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION audit_entry_append_only()')
