"""Mailings: one message from organisers to many people, each in their language.

An organiser chooses whom, writes, sees how many that is and what each language will read, and confirms that number.
The worker delivers; who wants no more of them says so by a link in every one.
"""
