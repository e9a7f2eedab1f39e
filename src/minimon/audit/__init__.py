"""Verification of a ledger from outside: shares no code with what writes it, and trusts nothing but a public key."""
