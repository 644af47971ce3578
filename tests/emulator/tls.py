"""Ends TLS before the emulator, as AWS does at every one of its names."""

import asyncio
import datetime
import pathlib
import re
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def certificate(folder: pathlib.Path) -> pathlib.Path:
    """Writes a certificate, with its key, that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "emulator")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "tls.pem"
    file.write_bytes(private + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return file


class Front:
    """Hands every request on to the emulator, and tells it that it came by TLS. A browser that takes it for every host is on AWS."""

    def __init__(self, folder: pathlib.Path, host: str):
        self.address = host.split(":")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate(folder))
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        threading.Thread(target=self.run, args=(started,), daemon=True).start()
        started.wait()

    def run(self, started: threading.Event) -> None:
        self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.context))
        self.port = self.server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            # One request a connection, so that only its beginning has to be looked at; but a socket goes on.
            if b"upgrade: websocket" not in head.lower():
                head = re.sub(rb"(?im)^connection:.*\r\n", b"", head).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
            # It has its own names for APIs.
            head = re.sub(rb"(?im)^(host: \w+\.execute-api)\..*$", rb"\1.localhost\r", head)
            head = head.replace(b"\r\n", b"\r\nX-Forwarded-Proto: https\r\n", 1)
            from_emulator, to_emulator = await asyncio.open_connection(*self.address)
            to_emulator.write(head)
            await asyncio.gather(copy(reader, to_emulator), copy(from_emulator, writer))
        except (OSError, asyncio.IncompleteReadError):
            # The client has gone.
            pass
        finally:
            writer.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
