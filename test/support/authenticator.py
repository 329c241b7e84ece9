"""An authenticator in software by other people's code: CBOR, COSE and WebAuthn of fido2, keys of cryptography.

Reads one JSON a line, {"do": "create" | "get", "options": ..., "uv": bool, "origin": ...}, and answers each with the
credential as a browser would give it."""

import hashlib
import json
import os
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

FLAG = AuthenticatorData.FLAG
keys = {}
count = 0


def flags_of(wanted, more=0):
    global count
    count += 1
    return FLAG.UP | (FLAG.UV if wanted.get("uv", True) else 0) | more


def client_data(kind, wanted):
    challenge = websafe_decode(wanted["options"]["challenge"])
    return CollectedClientData.create(type=kind, challenge=challenge, origin=wanted["origin"])


def create(wanted):
    options = wanted["options"]
    if ES256.ALGORITHM not in [each["alg"] for each in options["pubKeyCredParams"]]:
        raise ValueError("ES256 is not offered")
    key = ec.generate_private_key(ec.SECP256R1())
    credential_id = os.urandom(32)
    keys[credential_id] = (key, options["user"]["id"])
    public = ES256.from_cryptography_key(key.public_key())
    attested = AttestedCredentialData.create(Aaguid.NONE, credential_id, public)
    rp_id_hash = hashlib.sha256(options["rp"]["id"].encode()).digest()
    data = AuthenticatorData.create(rp_id_hash, flags_of(wanted, FLAG.AT), count, bytes(attested))
    attestation = AttestationObject.create("none", data, {})
    return answer(
        credential_id,
        clientDataJSON=bytes(client_data("webauthn.create", wanted)),
        attestationObject=bytes(attestation),
    )


def get(wanted):
    options = wanted["options"]
    allowed = [websafe_decode(each["id"]) for each in options["allowCredentials"]]
    credential_id = next(each for each in allowed if each in keys)
    key, user_handle = keys[credential_id]
    rp_id_hash = hashlib.sha256(options["rpId"].encode()).digest()
    data = AuthenticatorData.create(rp_id_hash, flags_of(wanted), count)
    client = client_data("webauthn.get", wanted)
    signature = key.sign(bytes(data) + hashlib.sha256(bytes(client)).digest(), ec.ECDSA(hashes.SHA256()))
    return answer(
        credential_id,
        clientDataJSON=bytes(client),
        authenticatorData=bytes(data),
        signature=signature,
        userHandle=websafe_decode(user_handle),
    )


def answer(credential_id, **response):
    encoded = websafe_encode(credential_id)
    return {
        "id": encoded,
        "rawId": encoded,
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {name: websafe_encode(value) for name, value in response.items()},
    }


for line in sys.stdin:
    asked = json.loads(line)
    made = create(asked) if asked["do"] == "create" else get(asked)
    print(json.dumps(made), flush=True)
