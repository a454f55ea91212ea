"""Editions: forums (the series), their editions (one convening each), languages, venue and rooms.

An edition owns everything that happens in it; whatever belongs to one is looked up inside it.
"""
