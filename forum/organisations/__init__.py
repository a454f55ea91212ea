"""Organisations: the stakeholder groups people come from and the kinds of company among them.

Groups follow the Tunis Agenda, with media and donors as practised. Names of organisations and
their contacts belong here too.
"""
