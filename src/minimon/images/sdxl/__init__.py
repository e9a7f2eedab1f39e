"""The ``sdxl`` backend: pictures from a few-step SDXL checkpoint. The only home of torch.

``backend`` is where the service comes in; ``docs/sdxl.md`` tells how the parts work together.
"""
