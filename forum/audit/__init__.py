"""The audit log: who did what to which record, when, in which role, and what changed.

Each edition has a chain of its own, and the site one; every entry is sealed by a keyed digest over the one before.
The database refuses to change or remove entries, and `jukwaa audit-verify` finds where somebody did it all the same.
"""
