"""``minimon cluster``: put the image engine on a Ray cluster, look at it, take it away."""

import asyncio

import typer

from minimon.backends import CLUSTERS, load_factory
from minimon.settings import load_settings

cluster_commands = typer.Typer(no_args_is_help=True, help="Put the image engine on a Ray cluster, or take it away.")


@cluster_commands.command()
def deploy() -> None:
    """Put the engine of MINIMON_RAY_ENGINE on the cluster, with these settings, and wait until it is ready."""

    async def run() -> None:
        async with load_factory(CLUSTERS, "ray")(load_settings()) as cluster:
            await cluster.deploy(print)

    asyncio.run(run())


@cluster_commands.command()
def status() -> None:
    """Show how the engine on the cluster is. Status 2 if there is none."""

    async def run() -> None:
        async with load_factory(CLUSTERS, "ray")(load_settings()) as cluster:
            for line in await cluster.status():
                print(line)

    asyncio.run(run())


@cluster_commands.command()
def delete() -> None:
    """Take the engine away from the cluster."""

    async def run() -> None:
        async with load_factory(CLUSTERS, "ray")(load_settings()) as cluster:
            await cluster.delete()

    asyncio.run(run())
