"""Pictures of creatures, from one of several backends."""
