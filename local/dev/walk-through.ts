/**
 * Turns two-factor on and signs in with it, as commands to paste into bash. They use curl, jq, and `oathtool` as the
 * authenticator. Each paste is another Ada. `url` is where `npm start` listens.
 */
export function walkThrough(url: string): string {
  return `\
api=${url}; ada=ada-$(date +%s)
app() { curl -s --aws-sigv4 aws:amz:us-east-1:execute-api --user local:local-secret -H 'content-type: application/json' "$@"; }
user() { curl -s -H "authorization: Bearer $token" -H 'content-type: application/json' "$@"; }
sign_in() { challenge=$(app $api/v1/challenges -d '{"accountId":"acme","user":{"id":"'$ada'","email":"'$ada'@example.com"},"firstFactor":{"method":"password"}}'); }
verify() { curl -s $api/v1/challenges/verify -H 'content-type: application/json' -d "$(jq --arg method $1 --arg code $2 '{challengeToken, $method, $code}' <<<"$challenge")"; }
otp() { oathtool --totp -b $secret --now "$(curl -s $api/_dev/clock | jq -r '.now[:19] | sub("T"; " ") + " UTC"')"; }

# 1. Ada's password was right. She has no second factor yet: passed.
sign_in; jq -c '{status, secondFactor}' <<<"$challenge"

# 2. Her settings page turns two-factor on: a token for the page, an authenticator, its first code.
token=$(app $api/v1/user-tokens -d '{"accountId":"acme","userId":"'$ada'","role":"user"}' | jq -r .token)
started=$(user $api/v1/me/authenticators -d '{"label":"My phone"}')
id=$(jq -r .authenticatorId <<<"$started"); secret=$(jq -r .secret <<<"$started")
confirmed=$(user $api/v1/me/authenticators/$id/confirm -d "{\\"code\\":\\"$(otp)\\"}"); jq -c . <<<"$confirmed"

# 3. A code works once, so the clock goes on to the next one.
curl -s $api/_dev/clock -d '{"advanceSeconds":30}' | jq -c .

# 4. The next sign-in is challenged; the authenticator's code passes it. The same code does not pass the one after.
sign_in; jq -c '[.status, .methods[].method]' <<<"$challenge"
code=$(otp)
verify totp $code | jq .
sign_in; verify totp $code | jq -c '{status, code}'

# 5. The phone is lost: a recovery code passes, once.
recovery_code=$(jq -r '.recoveryCodes[0]' <<<"$confirmed")
verify recovery_code $recovery_code | jq -c '{status, secondFactor, recoveryCodesRemaining}'
sign_in; verify recovery_code $recovery_code | jq -c '{status, code}'

# 6. Ada has been mailed what happened.
sleep 1; curl -s "$api/_dev/messages?to=$ada@example.com" | jq -c '.[] | [.at, .subject]'
`;
}
