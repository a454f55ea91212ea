"""The public agenda: what readers see of the newest release, as pages, calendars and feeds.

Everything here is a pure function of release, language, filters and time zone, and names only
speakers who are listed at this moment.
"""
