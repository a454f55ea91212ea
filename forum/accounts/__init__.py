"""People: who they are, how they prove it, and what is held about them.

Nobody has a password. A one-time link or code by e-mail, or a passkey, signs in; a passkey or an authenticator app is
the second proof that roles ask for. Names and addresses are sealed in the database.
"""
