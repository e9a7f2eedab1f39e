"""The ledger in PostgreSQL: the same lines, the same tree, appended to from any number of processes."""
