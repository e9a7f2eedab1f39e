"""Minimon: a self-hosted service that mints collectible creatures for games."""

__version__ = "2.0.0.dev0"
