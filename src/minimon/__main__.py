"""``python -m minimon``: the same as the ``minimon`` command."""

from minimon.cli import main

if __name__ == "__main__":
    main()
