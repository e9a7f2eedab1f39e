"""HTTP: parse, guard, answer."""
