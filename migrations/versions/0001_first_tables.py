"""first tables

Revision ID: 0001
Revises: 
Create Date: 2026-11-21 20:01:50.984241

"""
from alembic import op
import sqlalchemy as sa

from forum.db import ImmutableTable


# revision identifiers, used by Alembic.
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('forum',
    sa.Column('slug', sa.String(length=60), nullable=False),
    sa.Column('name', sa.JSON(), nullable=False),
    sa.Column('description', sa.JSON(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forum')),
    sa.UniqueConstraint('slug', name=op.f('uq_forum_slug'))
    )
    op.create_table('public_state',
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_public_state'))
    )
    op.create_table('edition',
    sa.Column('forum_id', sa.Integer(), nullable=False),
    sa.Column('guid', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.String(length=60), nullable=False),
    sa.Column('name', sa.JSON(), nullable=False),
    sa.Column('description', sa.JSON(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('languages', sa.JSON(), nullable=False),
    sa.Column('accent', sa.String(length=7), nullable=False),
    sa.Column('is_demo', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_edition_days_in_order')),
    sa.ForeignKeyConstraint(['forum_id'], ['forum.id'], name=op.f('fk_edition_forum_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_edition')),
    sa.UniqueConstraint('guid', name=op.f('uq_edition_guid')),
    sa.UniqueConstraint('slug', name=op.f('uq_edition_slug'))
    )
    with op.batch_alter_table('edition', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_edition_forum_id'), ['forum_id'], unique=False)

    op.create_table('format',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.JSON(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_format_edition_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_format')),
    sa.UniqueConstraint('edition_id', 'code', name=op.f('uq_format_edition_id_code'))
    )
    op.create_table('release',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('note', sa.JSON(), nullable=False),
    sa.Column('timetable', sa.JSON(), nullable=False),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.Column('checksum', sa.String(length=64), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_release_edition_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_release')),
    sa.UniqueConstraint('edition_id', 'number', name=op.f('uq_release_edition_id_number'))
    )
    op.create_table('room',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('guid', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.JSON(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=True),
    sa.Column('mode', sa.Enum('in_person', 'online', 'hybrid', name='mode', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('online_url', sa.String(), nullable=False),
    sa.Column('interpretation_languages', sa.JSON(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('capacity > 0', name=op.f('ck_room_capacity')),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_room_edition_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room')),
    sa.UniqueConstraint('edition_id', 'code', name=op.f('uq_room_edition_id_code')),
    sa.UniqueConstraint('guid', name=op.f('uq_room_guid'))
    )
    op.create_table('speaker',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('guid', sa.Uuid(), nullable=False),
    sa.Column('source_key', sa.String(), nullable=True),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('folded_name', sa.String(), nullable=False),
    sa.Column('affiliation', sa.String(), nullable=False),
    sa.Column('bio', sa.JSON(), nullable=False),
    sa.Column('stakeholder_group', sa.Enum('government', 'private_sector', 'civil_society', 'technical_community', 'academia', 'intergovernmental', 'media', 'donor', 'other', name='stakeholdergroup', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('country', sa.String(length=2), nullable=True),
    sa.Column('languages', sa.JSON(), nullable=False),
    sa.Column('listed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('listing_source', sa.Enum('own_confirmation', 'published_programme', name='listingsource', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_speaker_edition_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_speaker')),
    sa.UniqueConstraint('edition_id', 'code', name=op.f('uq_speaker_edition_id_code')),
    sa.UniqueConstraint('edition_id', 'source_key', name=op.f('uq_speaker_edition_id_source_key')),
    sa.UniqueConstraint('guid', name=op.f('uq_speaker_guid'))
    )
    op.create_table('track',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.JSON(), nullable=False),
    sa.Column('colour', sa.String(length=7), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_track_edition_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_track')),
    sa.UniqueConstraint('edition_id', 'code', name=op.f('uq_track_edition_id_code'))
    )
    op.create_table('venue',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.JSON(), nullable=False),
    sa.Column('city', sa.JSON(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_venue_edition_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_venue')),
    sa.UniqueConstraint('edition_id', name=op.f('uq_venue_edition_id'))
    )
    op.create_table('forum_session',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('guid', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('source_key', sa.String(), nullable=True),
    sa.Column('title', sa.JSON(), nullable=False),
    sa.Column('subtitle', sa.JSON(), nullable=False),
    sa.Column('abstract', sa.JSON(), nullable=False),
    sa.Column('description', sa.JSON(), nullable=False),
    sa.Column('state', sa.Enum('planned', 'confirmed', 'cancelled', name='sessionstate', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('language', sa.String(length=35), nullable=True),
    sa.Column('interpretation_languages', sa.JSON(), nullable=False),
    sa.Column('links', sa.JSON(), nullable=False),
    sa.Column('track_id', sa.Integer(), nullable=True),
    sa.Column('format_id', sa.Integer(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_forum_session_edition_id')),
    sa.ForeignKeyConstraint(['format_id'], ['format.id'], name=op.f('fk_forum_session_format_id')),
    sa.ForeignKeyConstraint(['track_id'], ['track.id'], name=op.f('fk_forum_session_track_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forum_session')),
    sa.UniqueConstraint('edition_id', 'code', name=op.f('uq_forum_session_edition_id_code')),
    sa.UniqueConstraint('edition_id', 'number', name=op.f('uq_forum_session_edition_id_number')),
    sa.UniqueConstraint('edition_id', 'source_key', name=op.f('uq_forum_session_edition_id_source_key')),
    sa.UniqueConstraint('guid', name=op.f('uq_forum_session_guid'))
    )
    op.create_table('released_session',
    sa.Column('release_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('folded', sa.String(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['release_id'], ['release.id'], name=op.f('fk_released_session_release_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_released_session')),
    sa.UniqueConstraint('release_id', 'code', name=op.f('uq_released_session_release_id_code'))
    )
    op.create_table('appearance',
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('speaker_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.Enum('speaker', 'moderator', 'rapporteur', 'interpreter', 'organiser', name='speakerrole', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('credited_name', sa.String(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['forum_session.id'], name=op.f('fk_appearance_session_id')),
    sa.ForeignKeyConstraint(['speaker_id'], ['speaker.id'], name=op.f('fk_appearance_speaker_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_appearance')),
    sa.UniqueConstraint('session_id', 'speaker_id', 'role', name=op.f('uq_appearance_session_id_speaker_id_role'))
    )
    with op.batch_alter_table('appearance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_appearance_speaker_id'), ['speaker_id'], unique=False)

    op.create_table('slot',
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('room_id', sa.Integer(), nullable=True),
    sa.Column('day_on', sa.Date(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('ends_at >= starts_at', name=op.f('ck_slot_in_order')),
    sa.ForeignKeyConstraint(['room_id'], ['room.id'], name=op.f('fk_slot_room_id')),
    sa.ForeignKeyConstraint(['session_id'], ['forum_session.id'], name=op.f('fk_slot_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_slot')),
    sa.UniqueConstraint('session_id', name=op.f('uq_slot_session_id'))
    )

    op.execute(ImmutableTable('release'))
    op.execute(ImmutableTable('released_session'))


def downgrade():
    op.drop_table('slot')
    with op.batch_alter_table('appearance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_appearance_speaker_id'))

    op.drop_table('appearance')
    op.drop_table('released_session')
    op.drop_table('forum_session')
    op.drop_table('venue')
    op.drop_table('track')
    op.drop_table('speaker')
    op.drop_table('room')
    op.drop_table('release')
    op.drop_table('format')
    with op.batch_alter_table('edition', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_edition_forum_id'))

    op.drop_table('edition')
    op.drop_table('public_state')
    op.drop_table('forum')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION release_immutable()')
        op.execute('DROP FUNCTION released_session_immutable()')
