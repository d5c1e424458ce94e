"""The database: engine, sessions and column types, and what stands closest to them.

``database`` opens transactions (SQLite and PostgreSQL), ``limits`` and ``commits`` belong to its
readers, ``bulk`` writes many rows at once, ``triggers`` has it keep things by itself, ``locks`` are
those between processes. Holds no table and no rule.
"""
