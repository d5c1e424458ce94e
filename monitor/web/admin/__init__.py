"""Pages for admins: status, days, feeds, mail, people."""
