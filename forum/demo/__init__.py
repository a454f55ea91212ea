"""The demo edition: an invented forum of three days around today, the size of a real one.

Its texts are in `content/`, who speaks when and where is in `plan.json`, and `build.py` makes an edition of both.
Every name, organisation and promise in it is invented.
"""
