"""Requests that come together are served in a row, and none waits for another that waits for something."""

import asyncio

import pytest
from uvicorn.server import ServerState

from minimon.exchange import WHOLE
from minimon.protocol import PatientProtocol
from minimon.server import uvicorn_config
from minimon.settings import Settings


class Client(asyncio.Protocol):
    """Asks for one path over a connection of its own."""

    def __init__(self, path, method):
        self.received = b""
        self._whole = asyncio.Event()
        self._request = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode()

    def connection_made(self, transport):
        self.ask = lambda: transport.write(self._request)

    def data_received(self, data):
        self.received += data
        self._whole.set()

    async def answered(self):
        await self._whole.wait()
        return int(self.received[9:12])


async def ask_together(app, paths, then, method="GET", turns=1):
    """Have a server with this application asked for each path within so many turns, and ``then`` see to the clients."""
    config, state, loop = uvicorn_config(app, Settings(tls=False)), ServerState(), asyncio.get_running_loop()
    async with await loop.create_server(lambda: PatientProtocol(config, state, {}), "127.0.0.1", 0) as server:
        address = server.sockets[0].getsockname()
        clients = [
            (await loop.create_connection(lambda path=path: Client(path, method), *address))[1] for path in paths
        ]
        for turn in range(turns):
            for client in clients[turn::turns]:
                client.ask()
            await asyncio.sleep(0)
        async with asyncio.timeout(10):
            found = await then(clients)
            await asyncio.gather(*state.tasks, return_exceptions=True)
        for connection in tuple(state.connections):
            connection.transport.abort()
    return found


async def answer(send):
    await send({"type": WHOLE, "status": 200, "headers": [], "parts": [b"done"]})


async def all_answered(clients):
    return [await client.answered() for client in clients]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("waiting", [{"/0"}, {"/3"}, {"/0", "/1", "/4"}])
def test_a_request_that_waits_holds_up_none_that_came_with_it(method, waiting):
    paths = [f"/{number}" for number in range(6)]

    async def run():
        let_go = asyncio.Event()

        async def app(scope, _receive, send):
            if scope["path"] in waiting:
                await let_go.wait()
            await answer(send)

        async def then(clients):
            pairs = list(zip(paths, clients, strict=True))
            others = await all_answered([client for path, client in pairs if path not in waiting])
            assert not any(client.received for path, client in pairs if path in waiting)
            let_go.set()
            return others + await all_answered([client for path, client in pairs if path in waiting])

        return await ask_together(app, paths, then, method)

    assert asyncio.run(run()) == [200] * 6


@pytest.mark.parametrize("harm", [lambda: {}["missing"], lambda: asyncio.current_task().cancel()])
def test_a_request_that_fails_or_is_called_off_takes_none_with_it(harm):
    async def app(scope, _receive, send):
        if scope["path"] == "/1":
            harm()
            await asyncio.sleep(1)
        await answer(send)

    found = asyncio.run(ask_together(app, ["/0", "/1", "/2", "/3"], all_answered))
    assert found == [200, 500, 200, 200]


def test_requests_that_wait_take_a_task_each_and_no_more():
    paths = [f"/{number}" for number in range(40)]

    async def run():
        let_go, tasks = asyncio.Event(), []
        before = len(asyncio.all_tasks())

        async def app(_scope, _receive, send):
            tasks.append(len(asyncio.all_tasks()) - before)
            if len(tasks) == len(paths):
                let_go.set()
            await let_go.wait()
            await answer(send)

        await ask_together(app, paths, all_answered, turns=4)
        return max(tasks)

    assert asyncio.run(run()) <= len(paths)


def test_a_client_that_asks_for_much_in_one_piece_lets_others_come_in_between():
    happened = []

    async def app(_scope, _receive, send):
        happened.append("asked")
        asyncio.get_running_loop().call_soon(happened.append, "others")
        await answer(send)

    request = "/ HTTP/1.1\r\nHost: x\r\n\r\n"
    asyncio.run(ask_together(app, [f"{request}GET {request}GET /"], all_answered))
    assert happened[:4] == ["asked", "others"] * 2
