"""The way into a cluster that exists, and into no other."""

import os
from typing import Any

import ray

from minimon.images.ray.knocking import knock


def join(address: str, **options: Any) -> None:
    """Connect this process to the cluster at ``address``. Raises OSError if nobody is there, else what Ray says.

    Ray and Serve connect by themselves where a connection is gone. Without an address in the environment, that starts
    a cluster on this machine, and leaves a token in the home folder with which the next head refuses everybody else.
    """
    knock(address)
    if address != "auto":
        os.environ["RAY_ADDRESS"] = address
    os.environ.setdefault("RAY_ADDRESS", "auto")
    ray.init(address, namespace="minimon", log_to_driver=False, **options)
