"""Calls to servers that are not ours: bounded in time and size, every way to fail by its name.

Names and images share it.
"""
