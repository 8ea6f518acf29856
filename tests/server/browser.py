"""A browser as the server sees it: pairing and channel by the second implementation of each side, in Python."""

import json

from server.trust.channel import PROLOGUE as CHANNEL_PROLOGUE
from server.trust.codes import stretched
from server.trust.frames import framed, open_answer
from server.trust.noise import P256, Handshake, seal, unseal
from server.trust.pairing import PROLOGUE as PAIRING_PROLOGUE

OCTETS = "application/octet-stream"


class Browser:
    """A browser with a key of its own; `client` is Flask's test client."""

    def __init__(self, client, name="Firefox"):
        self.client, self.name = client, name
        self.key = P256.generate()
        self.server_key = None
        self.keys = None
        self.number = 0

    def post(self, path, body):
        return self.client.post(path, data=body, content_type=OCTETS)

    def start(self, code):
        """Begin a pairing; return the answer and what finishes it."""
        handshake = Handshake("XXpsk2", is_initiator=True, prologue=PAIRING_PROLOGUE, static=self.key)
        response = self.post("/v1/pairing", handshake.write())
        if response.status_code != 200:
            return response, None
        attempt, salt, message = response.data[:16], response.data[16:32], response.data[32:]
        handshake.psk = stretched(code, salt)
        handshake.read(message)
        return response, (attempt, handshake)

    def pair(self, code):
        """Pair with the server; return its last response."""
        response, started = self.start(code)
        if started is None:
            return response
        attempt, handshake = started
        response = self.post("/v1/pairing/finish", attempt + handshake.write(self.name.encode()))
        if response.status_code == 200:
            self.server_key = handshake.remote_static
            self.device = json.loads(unseal(handshake.split()[1], 0, response.data))["device"]
        return response

    def open(self):
        """Open a channel; return the response."""
        handshake = Handshake("IK", True, CHANNEL_PROLOGUE, self.key, self.server_key)
        response = self.post("/v1/channel", handshake.write())
        if response.status_code == 200:
            self.ticket = handshake.read(response.data)
            self.keys, self.number = handshake.split(), 0
        return response

    def sealed(self, method, path, body=b"", **headers):
        """Return the body of a request through the channel."""
        head = {"method": method, "path": path, "headers": headers}
        ciphertext = seal(self.keys[0], self.number, framed(head, body))
        request = len(self.ticket).to_bytes(2, "big") + self.ticket + self.number.to_bytes(8, "big") + ciphertext
        self.number += 1
        return request

    def ask(self, method, path, body=b"", **headers):
        """Ask through the channel; return status, headers and body of the answer."""
        if self.keys is None:
            assert self.open().status_code == 200
        request = self.sealed(method, path, body, **headers)
        response = self.post("/v1/channel/request", request)
        assert response.status_code == 200, response.text
        head, content = open_answer(self.keys[1], request, response.data)
        return head["status"], head["headers"], content
