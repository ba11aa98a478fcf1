"""A connection to a node: TLS 1.3 (1.2 at least), ALPN `conclave/1`, a verified certificate, and
frames both ways; nothing of what they mean (schemas/README.md, sections 1 and 2). One thread."""

import socket
import ssl
import time

from conclave_wire import HEADER

CONNECT_TIMEOUT = 30.0


class Closed(Exception):
    """The connection is gone; `code` is GOAWAY's, 0 without one."""

    def __init__(self, code=0, text=""):
        super().__init__(f"closed {code} {text}")
        self.code = code


class Connection:
    """TLS and frames; nothing of what they mean."""

    def __init__(self, address, ca_file):
        context = ssl.create_default_context(cafile=ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["conclave/1"])
        try:
            plain = socket.create_connection(address, timeout=CONNECT_TIMEOUT)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket = context.wrap_socket(plain, server_hostname=address[0])
        except ssl.SSLCertVerificationError:
            raise  # not the node that was meant: trying again does not help
        except OSError as error:
            raise Closed(text=str(error)) from None
        self.buffer = b""
        self.sent_at = self.heard_at = time.monotonic()

    def send(self, frame):
        try:
            self.socket.sendall(frame)
        except OSError as error:
            raise Closed(text=str(error)) from None
        self.sent_at = time.monotonic()

    def receive(self, timeout):
        """The next frame as (type, correlation, payload); None when none came in time."""
        until = time.monotonic() + timeout
        while True:
            if len(self.buffer) >= HEADER.size:
                length, _, type_number, _, correlation = HEADER.unpack_from(self.buffer)
                if len(self.buffer) >= 4 + length:
                    payload = self.buffer[HEADER.size : 4 + length]
                    self.buffer = self.buffer[4 + length :]
                    return type_number, correlation, payload
            left = until - time.monotonic()
            try:
                self.socket.settimeout(max(left, 0.001))
                data = self.socket.recv(65536)
            except (TimeoutError, ssl.SSLWantReadError):
                if left <= 0:
                    return None
                continue
            except OSError as error:
                raise Closed(text=str(error)) from None
            if not data:
                raise Closed()
            self.buffer += data
            self.heard_at = time.monotonic()

    def close(self):
        self.socket.close()
