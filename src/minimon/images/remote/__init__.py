"""The ``openai`` backend: pictures from any server that speaks ``POST /images/generations``, another Minimon too."""
