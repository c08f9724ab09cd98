"""Serve the app: ``python app.py [--host 127.0.0.1] [--port 7860] [--plugin FILE.py]``."""

from __future__ import annotations

import argparse
import os
import socket
import sys

from app.access import Access
from app.housekeeping import Housekeeping
from app.main import build, launch_options
from app.seldom import metered
from app.server import Server
from lzviz import plugins

server = Server()
demo = build(server)


def main() -> None:
    """Read the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(description="Paint a warp and watch it: the lzviz page.")
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), help="address to serve on")
    parser.add_argument("--port", type=int, default=int(os.environ.get("GRADIO_SERVER_PORT", "7860")), help="port")
    parser.add_argument(
        "--plugin",
        action="append",
        default=[],
        metavar="FILE.py",
        help="Python that registers samplers of yours; repeat it",
    )
    parser.add_argument(
        "--allow-hub", action="store_true", help="let visitors name public checkpoints of the Hugging Face Hub"
    )
    parser.add_argument(
        "--allowed-hosts", nargs="+", default=[], metavar="NAME",
        help="names by which others reach this server, as behind a proxy; *.lab.example for all below one",
    )  # fmt: skip
    parser.add_argument(
        "--token",
        help="what a visitor has to bring, also LZVIZ_TOKEN; made up where others can reach the server, '' for none",
    )
    parser.add_argument(
        "--allow-folders", action="store_true", help="let the page open checkpoints in folders of this machine"
    )
    parser.add_argument(
        "--framed-by", nargs="+", default=[], metavar="ORIGIN", help="pages that may show this one in a frame"
    )
    chosen = parser.parse_args()
    server.allow_hub = chosen.allow_hub
    try:
        for plugin in chosen.plugin:
            plugins.load(plugin)
    except ValueError as error:
        parser.exit(2, f"{error}.\n")
    try:
        access = Access.of(
            chosen.host,
            hosts=chosen.allowed_hosts,
            token=chosen.token,
            folders=chosen.allow_folders,
            frames=chosen.framed_by,
        )
    except ValueError as error:
        parser.error(str(error))
    server.folders = access.folders
    if access.token is not None:
        name = socket.gethostname() if access.numeric else chosen.host
        print(f"Open http://{name}:{chosen.port}/?token={access.token}", flush=True)
    Housekeeping(server.workshop.memory).start()
    sys.stdout, sys.stderr = metered(sys.stdout), metered(sys.stderr)
    try:
        demo.launch(server_name=chosen.host, server_port=chosen.port, **launch_options(server, access))
    except OSError as error:
        parser.exit(1, f"Cannot serve on {chosen.host}:{chosen.port}: {error}. Try --port {chosen.port + 1}.\n")


if __name__ == "__main__":
    main()
