"""The ``ray`` backend: pictures from replicas of an engine on a Ray cluster, which grow and shrink with the load."""
