"""A server of pictures that takes its time, as GPUs do. Usage: slow_painter.py GPUS SLOTS FIXED EACH SIDE.

Each GPU takes up to SLOTS orders and answers those k after FIXED + k * EACH seconds, with a picture of SIDE pixels.
"""

import asyncio
import base64
import json
import sys
from collections import deque
from io import BytesIO

from PIL import Image


def answer(side: int) -> bytes:
    """Return an answer, head and body."""
    packed = BytesIO()
    Image.effect_noise((side, side), 60).convert("RGB").save(packed, "PNG", compress_level=1)
    body = json.dumps({"created": 1, "data": [{"b64_json": base64.b64encode(packed.getvalue()).decode()}]}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def serve(gpus: int, slots: int, fixed: float, each: float, side: int) -> None:
    """Serve until SIGTERM."""
    waiting: deque[asyncio.Future[None]] = deque()
    idle: deque[asyncio.Future[None]] = deque()

    async def gpu() -> None:
        while True:
            while not waiting:
                idle.append(asyncio.get_running_loop().create_future())
                await idle[-1]
            taken = [waiting.popleft() for _ in range(min(slots, len(waiting)))]
            await asyncio.sleep(fixed + each * len(taken))
            for order in taken:
                order.set_result(None)

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
            order = asyncio.get_running_loop().create_future()
            waiting.append(order)
            if idle:
                idle.popleft().set_result(None)
            await order
            writer.write(picture)

    picture = answer(side)
    server = await asyncio.start_server(attend, "127.0.0.1", 0)
    print(json.dumps({"event": "listening", "port": server.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.gather(server.serve_forever(), *(gpu() for _ in range(gpus)))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])))
