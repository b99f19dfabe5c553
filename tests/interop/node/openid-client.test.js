// openid-client as relying party: whatever this library refuses, it refuses by rules that nobody here wrote.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oidc from 'openid-client';
import { Browser } from './browser.js';

const issuer = new URL(process.env.MENFU_ISSUER);
const person = JSON.parse(process.env.MENFU_PERSON);
const CALLBACK = 'https://judge.example/callback';
const SCOPE = 'openid profile phone real_name offline_access';

/** A relying party that also verifies the signatures of ID tokens which TLS would vouch for. */
async function relyingParty(id = 'judge', auth = oidc.ClientSecretBasic('secret-of-the-judge'), options = {}) {
  const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];
  return oidc.discovery(issuer, id, options.metadata, auth, { execute, ...options.discovery });
}

/** An authorization request and what the relying party keeps of it. */
async function request(rp, changes = {}) {
  const kept = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    idTokenExpected: true,
  };
  const url = oidc.buildAuthorizationUrl(rp, {
    redirect_uri: CALLBACK,
    scope: SCOPE,
    state: kept.expectedState,
    nonce: kept.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(kept.pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...changes,
  });
  return { url, kept };
}

/** Signs in through the pages; the address the provider redirects to. */
async function signedIn(rp, changes) {
  const browser = new Browser(issuer);
  const { url, kept } = await request(rp, changes);
  const back = await browser.signIn(await browser.open(url), person);
  assert.equal(back.url.href.split('?')[0], url.searchParams.get('redirect_uri'), back.text);
  return { browser, back: back.url, kept };
}

async function tokensFor(rp, changes) {
  const { browser, back, kept } = await signedIn(rp, changes);
  return { browser, tokens: await oidc.authorizationCodeGrant(rp, back, kept) };
}

const refusedWith = (error) => (cause) => cause.error === error || assert.fail(`${cause.name} ${cause.code} ${cause.error} ${cause.cause}`);
const refusedHere = (pattern) => (cause) => pattern.test(`${cause.code} ${cause.message} ${cause.cause?.message}`) || assert.fail(`${cause.code} ${cause.message} ${cause.cause}`);

test('discovery tells the library all it needs', async () => {
  const server = (await relyingParty()).serverMetadata();
  assert.equal(server.issuer, issuer.href.replace(/\/$/, ''));
  assert.ok(server.supportsPKCE());
  assert.equal(server.authorization_response_iss_parameter_supported, true);
  for (const endpoint of ['token', 'userinfo', 'introspection', 'revocation', 'end_session'])
    assert.ok(server[`${endpoint}_endpoint`], endpoint);
});

test('a person signs in: code, PKCE, a verified ID token, userinfo', async () => {
  const rp = await relyingParty();
  const { tokens } = await tokensFor(rp);
  const claims = tokens.claims();
  assert.equal(claims.acr, 'urn:menfu:acr:L2');
  const info = await oidc.fetchUserInfo(rp, tokens.access_token, claims.sub);
  assert.equal(info.name, person.name);
  assert.equal(info.real_name_level, 'L2');
  assert.equal(info.phone_number_verified, true);
});

test('a second portal gets its code without a question, with another sub', async () => {
  const rp = await relyingParty();
  const { browser, tokens } = await tokensFor(rp);
  const other = await relyingParty('pocket', oidc.None());
  const changes = { redirect_uri: 'http://127.0.0.1:49152/callback', scope: 'openid profile' };
  const { url, kept } = await request(other, changes);
  const again = await oidc.authorizationCodeGrant(other, (await browser.open(url)).url, kept);
  assert.notEqual(again.claims().sub, tokens.claims().sub);
  assert.equal(again.claims().auth_time, tokens.claims().auth_time);
});

test('a fresh sign-in is proved by auth_time', async () => {
  const rp = await relyingParty();
  const { browser } = await tokensFor(rp);
  const { url, kept } = await request(rp, { max_age: '0' });
  const page = await browser.open(url);
  assert.equal(page.url.origin, issuer.origin, 'the person is asked again');
  const back = await browser.signIn(page, person);
  const tokens = await oidc.authorizationCodeGrant(rp, back.url, { ...kept, maxAge: 60 });
  assert.ok(tokens.claims().auth_time);
});

test('a refresh renews the tokens of the same person', async () => {
  const rp = await relyingParty();
  const { tokens } = await tokensFor(rp);
  const renewed = await oidc.refreshTokenGrant(rp, tokens.refresh_token);
  assert.notEqual(renewed.access_token, tokens.access_token);
  const info = await oidc.fetchUserInfo(rp, renewed.access_token, tokens.claims().sub);
  assert.equal(info.sub, tokens.claims().sub);
});

test('a foreign client cannot refresh', async () => {
  const { tokens } = await tokensFor(await relyingParty());
  const thief = await relyingParty('pocket', oidc.None());
  await assert.rejects(oidc.refreshTokenGrant(thief, tokens.refresh_token), refusedWith('invalid_grant'));
});

test('introspection sees a token live, and dead after its revocation', async () => {
  const rp = await relyingParty();
  const { tokens } = await tokensFor(rp);
  assert.equal((await oidc.tokenIntrospection(rp, tokens.access_token)).active, true);
  await oidc.tokenRevocation(rp, tokens.access_token);
  assert.equal((await oidc.tokenIntrospection(rp, tokens.access_token)).active, false);
  await assert.rejects(oidc.fetchUserInfo(rp, tokens.access_token, tokens.claims().sub));
});

test('a client without a secret signs people in by PKCE, on any port of loopback', async () => {
  const rp = await relyingParty('pocket', oidc.None());
  const { tokens } = await tokensFor(rp, { redirect_uri: 'http://127.0.0.1:49152/callback', scope: 'openid profile' });
  assert.ok(tokens.claims().sub);
});

test('consent: a strange portal gets what the person agreed to, with an RS256 ID token', async () => {
  const metadata = { id_token_signed_response_alg: 'RS256' };
  const rp = await relyingParty('stranger', oidc.ClientSecretPost('secret-of-the-stranger'), { metadata });
  const browser = new Browser(issuer);
  const kept = { expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce(), idTokenExpected: true };
  const url = oidc.buildAuthorizationUrl(rp, {
    redirect_uri: 'https://stranger.example/callback', scope: 'openid profile',
    state: kept.expectedState, nonce: kept.expectedNonce,
  });
  const question = await browser.signIn(await browser.open(url), person);
  assert.match(question.text, /外来判官|授权/);
  const back = await browser.submit(question, { do: 'yes' });
  const tokens = await oidc.authorizationCodeGrant(rp, back.url, kept);
  assert.ok(tokens.claims().sub);
});

test('consent: a person who says no is an access_denied that the library believes', async () => {
  const rp = await relyingParty('stranger', oidc.ClientSecretPost('secret-of-the-stranger'));
  const browser = new Browser(issuer);
  const changes = { redirect_uri: 'https://stranger.example/callback', scope: 'openid profile', prompt: 'login consent' };
  const { url, kept } = await request(rp, changes);
  const back = await browser.submit(await browser.signIn(await browser.open(url), person), { do: 'no' });
  await assert.rejects(oidc.authorizationCodeGrant(rp, back.url, kept), refusedWith('access_denied'));
});

test('a program gets a token for itself', async () => {
  const rp = await relyingParty('program', oidc.ClientSecretBasic('secret-of-the-program'));
  const tokens = await oidc.clientCredentialsGrant(rp, { scope: 'statistics.read' });
  assert.equal((await oidc.tokenIntrospection(rp, tokens.access_token)).active, true);
});

test('sign-out comes back with its state, and the session is over', async () => {
  const rp = await relyingParty();
  const { browser, tokens } = await tokensFor(rp);
  const bye = oidc.buildEndSessionUrl(rp, {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://judge.example/bye', state: 'good-bye',
  });
  assert.equal((await browser.open(bye)).url.href, 'https://judge.example/bye?state=good-bye');
  const { url, kept } = await request(rp, { prompt: 'none' });
  const back = await browser.open(url);
  await assert.rejects(oidc.authorizationCodeGrant(rp, back.url, kept), refusedWith('login_required'));
});

test('sign-out goes to no address that is not registered', async () => {
  const rp = await relyingParty();
  const { browser, tokens } = await tokensFor(rp);
  const bye = oidc.buildEndSessionUrl(rp, {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://evil.example/bye', state: 'good-bye',
  });
  const page = await browser.open(bye);
  assert.equal(page.url.origin, issuer.origin);
  assert.equal(page.status, 400);
});

test('refused: a state that somebody changed', async () => {
  const rp = await relyingParty();
  const { back, kept } = await signedIn(rp);
  back.searchParams.set('state', 'another');
  await assert.rejects(oidc.authorizationCodeGrant(rp, back, kept), refusedHere(/state/));
});

test('refused: an answer in the name of another provider', async () => {
  const rp = await relyingParty();
  const { back, kept } = await signedIn(rp);
  back.searchParams.set('iss', 'https://evil.example');
  await assert.rejects(oidc.authorizationCodeGrant(rp, back, kept), refusedHere(/iss/));
});

test('refused: an ID token with the nonce of another request', async () => {
  const rp = await relyingParty();
  const { back, kept } = await signedIn(rp);
  const wrong = { ...kept, expectedNonce: oidc.randomNonce() };
  await assert.rejects(oidc.authorizationCodeGrant(rp, back, wrong), refusedHere(/nonce/));
});

test('refused: the verifier of another request, and a code twice', async () => {
  const rp = await relyingParty();
  const { back, kept } = await signedIn(rp);
  const wrong = { ...kept, pkceCodeVerifier: oidc.randomPKCECodeVerifier() };
  await assert.rejects(oidc.authorizationCodeGrant(rp, back, wrong), refusedWith('invalid_grant'));
  await oidc.authorizationCodeGrant(rp, back, kept);
  await assert.rejects(oidc.authorizationCodeGrant(rp, back, kept), refusedWith('invalid_grant'));
});

test('refused: a wrong secret', async () => {
  const rp = await relyingParty();
  const { back, kept } = await signedIn(rp);
  const thief = await relyingParty('judge', oidc.ClientSecretBasic('guessed'));
  // The library reads the challenge of the 401 before the body.
  await assert.rejects(oidc.authorizationCodeGrant(thief, back, kept), (cause) => cause.error === 'invalid_client' || cause.status === 401);
  await oidc.authorizationCodeGrant(rp, back, kept);
});

test('refused: an ID token whose key is not the one under its kid', async () => {
  const foreign = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { x, y } = await crypto.subtle.exportKey('jwk', foreign.publicKey);
  const swap = async (url, options) => {
    const answer = await fetch(url, options);
    if (!new URL(url).pathname.includes('jwks')) return answer;
    const { keys } = await answer.json();
    return Response.json({ keys: keys.map((key) => (key.kty === 'EC' ? { ...key, x, y } : key)) });
  };
  const rp = await relyingParty('judge', undefined, {
    metadata: 'secret-of-the-judge', discovery: { [oidc.customFetch]: swap },
  });
  const { back, kept } = await signedIn(rp);
  await assert.rejects(oidc.authorizationCodeGrant(rp, back, kept), refusedHere(/signature/));
});

/** The client that signs; its answers come in forms. */
const SIGNER = { redirect_uri: 'https://signer.example/callback', scope: 'openid profile real_name', response_mode: 'form_post' };

async function signer(jwk = JSON.parse(process.env.MENFU_SIGNER)) {
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  return relyingParty('signer', oidc.PrivateKeyJwt({ key, kid: 'judge-key' }));
}

async function signedInByForm(rp, changes = {}) {
  const browser = new Browser(issuer);
  const { url, kept } = await request(rp, { ...SIGNER, ...changes });
  const answer = browser.answer(await browser.signIn(await browser.open(url), person));
  assert.equal(answer.url, SIGNER.redirect_uri);
  return { browser, answer, kept };
}

test('form_post and private_key_jwt: code, ID token, userinfo, refresh, introspection', async () => {
  const rp = await signer();
  const { answer, kept } = await signedInByForm(rp);
  assert.equal(answer.method, 'POST');
  const tokens = await oidc.authorizationCodeGrant(rp, answer, kept);
  const { sub } = tokens.claims();
  assert.equal((await oidc.fetchUserInfo(rp, tokens.access_token, sub)).name, person.name);
  const renewed = await oidc.refreshTokenGrant(rp, tokens.refresh_token);
  assert.equal((await oidc.tokenIntrospection(rp, renewed.access_token)).active, true);
});

test('form_post: an error comes in a form too, with a state that the library checks', async () => {
  const rp = await signer();
  const browser = new Browser(issuer);
  const { url, kept } = await request(rp, { ...SIGNER, prompt: 'none' });
  const answer = browser.answer(await browser.open(url));
  await assert.rejects(oidc.authorizationCodeGrant(rp, answer.clone(), { ...kept, expectedState: 'another' }), refusedHere(/state/));
  await assert.rejects(oidc.authorizationCodeGrant(rp, answer, kept), refusedWith('login_required'));
});

test('refused: private_key_jwt by a key that is not the client\'s, and it burns no code', async () => {
  const { answer, kept } = await signedInByForm(await signer());
  const foreign = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const thief = await signer(await crypto.subtle.exportKey('jwk', foreign.privateKey));
  const refused = (cause) => cause.error === 'invalid_client' || cause.status === 401;
  await assert.rejects(oidc.authorizationCodeGrant(thief, answer.clone(), kept), refused);
  await oidc.authorizationCodeGrant(await signer(), answer, kept);
});
