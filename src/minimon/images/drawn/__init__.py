"""Creatures as vector art: no GPU, no download."""
