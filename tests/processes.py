"""A plain reverse proxy before several processes of the app."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence
from itertools import cycle

from benchmarks.served import free_port


@contextlib.contextmanager
def proxy(ports: Sequence[int]) -> Iterator[str]:
    """The address of a plain reverse proxy: every request goes to the next port, whoever asks; nothing is kept."""
    turn, loop = cycle(ports), asyncio.new_event_loop()

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", next(turn))
            back_writer.write(b"\r\n".join([lines[0], b"Connection: close", *lines[1:]]))
            up = asyncio.ensure_future(_pipe(reader, back_writer))
            await _pipe(back_reader, writer)
            up.cancel()
            back_writer.close()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(1 << 16):
                writer.write(chunk)
                await writer.drain()

    port = free_port()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    # In its own thread: the browser of a test keeps a loop in this one.
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(passed, "127.0.0.1", port), loop).result(10)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _end(server: asyncio.Server) -> None:
    """Stop listening, and whatever is still being passed on."""
    server.close()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
