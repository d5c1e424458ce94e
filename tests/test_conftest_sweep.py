"""The sweep between two tests: it misses no commit, and where there was none it costs next to nothing."""

FIRST = "INSERT INTO job (name) VALUES ('x')"
