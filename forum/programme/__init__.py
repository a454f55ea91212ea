"""The programme: sessions, speakers, tracks, formats, the draft timetable and its releases.

A release is a numbered, immutable version of the timetable; the public sees the newest one.
Programmes made elsewhere come in through the importers.
"""
