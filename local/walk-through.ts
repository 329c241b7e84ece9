/**
 * The first sign-in with an authenticator, as commands to paste into bash; needs curl and jq, and an authenticator
 * program: `oathtool` here. `url` is where `npm start` listens.
 */
export function walkThrough(url: string): string {
  return `\
api=${url}
app() { curl -s --aws-sigv4 aws:amz:us-east-1:execute-api --user local:local-secret -H 'content-type: application/json' "$@"; }
user() { curl -s -H "authorization: Bearer $token" -H 'content-type: application/json' "$@"; }
browser() { curl -s -H 'content-type: application/json' "$@"; }
signin='{"accountId":"acme","user":{"id":"ada","email":"ada@example.com"},"firstFactor":{"method":"password"}}'

# 1. Ada's password was right. She has no second factor yet: passed.
app $api/v1/challenges -d "$signin" | jq '{status, secondFactor}'

# 2. Her settings page turns two-factor on: a token for the page, an authenticator, its first code.
token=$(app $api/v1/user-tokens -d '{"accountId":"acme","userId":"ada","role":"user"}' | jq -r .token)
authenticator=$(user $api/v1/me/authenticators -d '{"label":"My phone"}')
id=$(jq -r .authenticatorId <<<"$authenticator")
secret=$(jq -r .secret <<<"$authenticator")
code() { oathtool --totp -b "$secret" --now "$(curl -s $api/_dev/clock | jq -r '.now[:19] | sub("T"; " ") + " UTC"')"; }
user $api/v1/me/authenticators/$id/confirm -d "{\\"code\\":\\"$(code)\\"}" | jq '{status, recoveryCodes}'

# 3. A code works once, so the clock goes on to the next one.
curl -s $api/_dev/clock -d '{"advanceSeconds":30}' | jq -c .

# 4. The next sign-in is challenged, and the authenticator's code passes it.
challenge=$(app $api/v1/challenges -d "$signin")
jq '{status, methods}' <<<"$challenge"
answer="{\\"challengeToken\\":$(jq .challengeToken <<<"$challenge"),\\"method\\":\\"totp\\",\\"code\\":\\"$(code)\\"}"
browser $api/v1/challenges/verify -d "$answer" | jq '{status, secondFactor, token}'

# 5. The same again is refused. The mail about the new authenticator is in the mailbox.
browser $api/v1/challenges/verify -d "$answer" | jq '{status, code}'
curl -s "$api/_dev/messages?to=ada@example.com" | jq '.[] | {subject, to}'
`;
}
