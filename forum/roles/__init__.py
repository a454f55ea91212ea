"""Roles: who may do what in an edition, who gave it to them, and invitations to it.

What each role may do is one table, in `rules.py`. A role is held by a person in one edition; administrators hold theirs
over the whole site.
"""
