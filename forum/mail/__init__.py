"""Mail: every message is a row of the outbox, written in the transaction of what it tells of.

`jukwaa worker` delivers the rows by SMTP, or into a folder where no SMTP server is set, and tries again while that may
help. A message is sent at least once; a second time only after an end that says neither yes nor no, and then under
the same Message-ID.
"""
