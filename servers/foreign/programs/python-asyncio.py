# asyncio: coroutines on one event loop.
#
# The code reads like that of a thread. await marks the places where a coroutine waits; meanwhile the loop
# runs others. A coroutine that computes instead of waiting stops all others.
import asyncio
import contextlib
import socket
import sys

# region listen
port = int(sys.argv[1])
wait = float(sys.argv[2]) if len(sys.argv) > 2 else 0
slots = int(sys.argv[3]) if len(sys.argv) > 3 else 0
# endregion


async def main():
    slot = asyncio.Semaphore(slots) if slots else contextlib.nullcontext()

    async def upper(reader, writer):
        try:
            # region read
            while data := await reader.read(16384):
                # endregion
                # region reply
                if wait:
                    async with slot:
                        await asyncio.sleep(wait)
                writer.write(data.upper())
                await writer.drain()  # waits while the client does not read
                # endregion
        except ConnectionError:
            pass
        finally:
            writer.close()

    # region accept
    server = await asyncio.start_server(upper, "127.0.0.1", port, backlog=socket.SOMAXCONN, limit=16384)
    # endregion
    # region dispatch
    async with server:
        await server.serve_forever()  # accepts, and starts a coroutine for every connection
    # endregion


# region dispatch
asyncio.run(main())
# endregion

# region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
