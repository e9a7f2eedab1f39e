"""Body plans: each module builds one kind of figure from a palette."""
