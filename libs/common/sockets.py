"""Sockets that are bound before a server listens on them."""

import socket


def reserve(host: str, port: int) -> socket.socket:
    """Hold a port for processes that will share it; no connection comes to the socket itself. OSError where it is taken.

    Linux spreads connections over all that listen on one port with SO_REUSEPORT, also over a second gateway that was
    started by mistake. So the port is bound as one that nobody shares, which fails where anybody has it, and is opened to
    sharing afterwards, which reaches only sockets that ask for it, of the same user.
    """
    held = bound(host, port, socket.SO_REUSEADDR)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return held


def bound(host: str, port: int, *options: int) -> socket.socket:
    """A TCP socket on `host:port` (0: any) with these options set, not listening yet. OSError where the port is taken."""
    # The event loop sets TCP_NODELAY only where the protocol is spelled out, which socket.create_server does not do.
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        for option in options:
            made.setsockopt(socket.SOL_SOCKET, option, 1)
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise OSError(error.errno, f"port {port} of {host} cannot be listened on ({error.strerror})") from None
    return made
