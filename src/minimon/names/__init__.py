"""Names for creatures."""
