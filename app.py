"""Serve the app: ``python app.py [--host 127.0.0.1] [--port 7860] [--plugin FILE.py]``."""

from __future__ import annotations

import argparse
import os

from app.main import build, launch_options
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
    arguments = parser.parse_args()
    server.allow_hub = arguments.allow_hub
    try:
        for plugin in arguments.plugin:
            plugins.load(plugin)
    except ValueError as error:
        parser.exit(2, f"{error}.\n")
    try:
        demo.launch(server_name=arguments.host, server_port=arguments.port, **launch_options(server))
    except OSError as error:
        parser.exit(
            1, f"Cannot serve on {arguments.host}:{arguments.port}: {error}. Try --port {arguments.port + 1}.\n"
        )


if __name__ == "__main__":
    main()
