"""A back end in Python: requests, botocore and PyJWT. `test/examples/python.test.ts` signs in with it."""

import json

import jwt
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session


class Countersign:
    """`url` is the stack's output `Issuer`, `audience` as its stage names it. Credentials as boto3 finds them."""

    def __init__(self, url, audience, region):
        self.url, self.audience, self.region = url.rstrip("/"), audience, region
        self.credentials = Session().get_credentials()
        self.keys = jwt.PyJWKClient(f"{self.url}/.well-known/jwks.json", timeout=3)

    def call(self, method, path, body):
        """Calls an app route. Raises `requests.HTTPError` with the problem in `response.json()`."""
        content = {"data": json.dumps(body), "headers": {"content-type": "application/json"}}
        request = AWSRequest(method, self.url + path, **content)
        SigV4Auth(self.credentials, "execute-api", self.region).add_auth(request)
        answer = requests.request(
            method, request.url, data=request.data, headers=dict(request.headers), timeout=3
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def start(self, account_id, user):
        """The password was right: what follows? Keep `challengeId` in the session."""
        body = {"accountId": account_id, "user": user, "firstFactor": {"method": "password"}}
        return self.call("POST", "/v1/challenges", body)

    def finish(self, token, account_id, user_id, challenge_id):
        """The browser came back with a token. Raises unless it completes this very sign-in."""
        if jwt.get_unverified_header(token).get("typ") != "countersign-result+jwt":
            raise jwt.InvalidTokenError("not a result token")
        claims = jwt.decode(
            token,
            self.keys.get_signing_key_from_jwt(token),
            algorithms=["RS256"],
            leeway=30,
            issuer=self.url,
            audience=self.audience,
            options={"require": ["exp", "iat", "sub", "account", "nonce"]},
        )
        signed_in = (claims["account"], claims["sub"], claims["nonce"])
        if signed_in != (account_id, user_id, challenge_id) or "action" in claims:
            raise jwt.InvalidTokenError("another sign-in")
        return claims
