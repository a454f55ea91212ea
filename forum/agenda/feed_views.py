"""Feeds."""
from flask import Blueprint
bp = Blueprint("feeds", __name__, url_prefix="/<lang>/<slug>")

from forum.access import policy, Policy
for n,path in [("agenda_ics","/agenda.ics"),("agenda_json","/agenda.json"),("schedule_xml","/schedule.xml"),("schedule_json","/schedule.json"),("releases_atom","/releases.atom"),("session_ics","/sessions/<code>.ics")]:
    bp.add_url_rule(path, n, policy(Policy.PUBLIC)(lambda lang, slug, code=None: "x"))
