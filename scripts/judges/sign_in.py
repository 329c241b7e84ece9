"""A sign-in with the client that openapi-python-client made of /openapi.json, against a running `npm start`.

Usage: sign_in.py CLIENT_FOLDER http://localhost:4400
"""

import base64
import hmac
import importlib
import json
import pathlib
import struct
import sys
import time
import urllib.request

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

folder, api = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
sys.path.insert(0, str(folder.parent))


def made(path):
    return importlib.import_module(f"{folder.name}.{path}")


models = made("models")
account, person = "acme", f"ada-{time.time_ns()}"


def sign(request):
    """AWS Signature Version 4, as the company's back end signs."""
    signed = AWSRequest(request.method, str(request.url), data=request.content, headers={"content-type": "application/json"})
    SigV4Auth(Credentials("local", "local-secret"), "execute-api", "us-east-1").add_auth(signed)
    request.headers.update(dict(signed.headers.items()))


def post(path, data):
    request = urllib.request.Request(api + path, json.dumps(data).encode(), {"content-type": "application/json"})
    return json.load(urllib.request.urlopen(request))


def totp(secret):
    """RFC 6238, at the server's movable clock."""
    clock = json.load(urllib.request.urlopen(f"{api}/_dev/clock"))["now"]
    at = time.strptime(clock[:19] + " UTC", "%Y-%m-%dT%H:%M:%S %Z")
    step = int(time.mktime(at) - time.timezone) // 30
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), "sha1").digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


back_end = made("client").Client(base_url=api, httpx_args={"event_hooks": {"request": [sign]}})
browser = made("client").Client(base_url=api)


def start():
    body = models.NewChallenge(
        account_id=account,
        user=models.SignInUser(id=person, email=f"{person}@example.com"),
        first_factor=models.NewChallengeFirstFactor(method=models.NewChallengeFirstFactorMethod.PASSWORD),
    )
    return made("api.app.create_challenge").sync(client=back_end, body=body)


def must(given, kind):
    if not isinstance(given, kind):
        sys.exit(f"wanted {kind.__name__}, got {given}")
    return given


must(start(), models.Passed)
token = must(
    made("api.app.mint_user_token").sync(
        client=back_end,
        body=models.MintUserTokenBody(account_id=account, user_id=person, role=models.MintUserTokenBodyRole.USER),
    ),
    models.UserToken,
).token
settings = made("client").AuthenticatedClient(base_url=api, token=token)
new = must(
    made("api.settings.start_authenticator").sync(
        client=settings, body=models.StartAuthenticatorBody(label="My phone")
    ),
    models.NewAuthenticator,
)
confirmed = must(
    made("api.settings.confirm_authenticator").sync(
        id=new.authenticator_id, client=settings, body=models.ConfirmAuthenticatorBody(code=totp(new.secret))
    ),
    models.ConfirmedFactor,
)
assert len(confirmed.recovery_codes) == 10
post("/_dev/clock", {"advanceSeconds": 30})

challenge = must(start(), models.Challenge)


def verify(code):
    return made("api.sign_in.verify_challenge").sync(
        client=browser,
        body=models.VerificationTotp(method="totp", challenge_token=challenge.challenge_token, code=code),
        idempotency_key="one-try",
    )


wrong = must(verify("000000"), models.Problem)
assert wrong.code == models.ProblemCode.CODE_INCORRECT and wrong.attempts_remaining > 0
passed = must(verify(totp(new.secret)), models.PassedByCode)
assert passed.second_factor == models.PassedByCodeSecondFactor.TOTP and passed.token.count(".") == 2
must(made("api.app.get_user").sync(account_id=account, user_id=person, client=back_end), models.HeldUser)
print("the generated client signs in")
