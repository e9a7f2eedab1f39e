"""Certified scores: parse, canonicalise, sign, record."""
