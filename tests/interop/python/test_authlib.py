"""Authlib as relying party, in a Flask application as its handbook has it."""

import json
import os
import unittest
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from flask import Flask, jsonify, session
from joserfc import jws
from joserfc.errors import BadSignatureError, InvalidClaimError
from joserfc.jwk import ECKey

from browser import Browser

ISSUER = os.environ["MENFU_ISSUER"].rstrip("/")
PERSON = json.loads(os.environ["MENFU_PERSON"])
DISCOVERY = ISSUER + "/.well-known/openid-configuration"
CALLBACK = "https://judge.example/callback"
BYE = "https://judge.example/bye"


class Portal:
    """A portal whose sign-in is Authlib's."""

    def __init__(self, client_id="judge", secret="secret-of-the-judge", callback=CALLBACK, **kwargs):
        self.app = Flask("portal")
        self.app.secret_key = generate_token(32)
        self.app.testing = True
        scope = kwargs.pop("scope", "openid profile phone real_name offline_access")
        signs = {"client_auth_methods": [kwargs.pop("signs")]} if "signs" in kwargs else {}
        client_kwargs = {"scope": scope, "code_challenge_method": "S256", **kwargs}
        self.oidc = OAuth(self.app).register(
            "menfu",
            **signs,
            client_id=client_id,
            client_secret=secret,
            server_metadata_url=DISCOVERY,
            client_kwargs=client_kwargs,
        )
        extra = {}
        self.extra = extra
        self.app.add_url_rule("/login", "login", lambda: self.oidc.authorize_redirect(callback, **extra))
        accept = lambda: jsonify(self.oidc.authorize_access_token())
        self.app.add_url_rule("/callback", "callback", accept, methods=["GET", "POST"])
        self.app.add_url_rule("/logout/<token>", "logout", lambda token: self.oidc.logout_redirect(BYE, token))
        self.app.add_url_rule("/bye", "bye", lambda: jsonify(self.oidc.validate_logout_response()))
        self.here = self.app.test_client()

    def begin(self, **extra):
        self.extra.clear()
        self.extra.update(extra)
        return self.here.get("/login").headers["Location"]

    def finish(self, url):
        """What the browser does with the redirect to the callback; the token that Authlib accepted."""
        return self.here.get("/callback?" + urlsplit(url).query).get_json()

    def sign_in(self, browser=None):
        browser = browser or Browser(ISSUER)
        page = browser.sign_in(browser.open(self.begin()), PERSON)
        assert page.url.startswith(CALLBACK), page.text
        return browser, page.url

    def userinfo(self, token):
        with self.app.test_request_context():
            return self.oidc.userinfo(token=token)

    def session(self, token=None):
        """The same client, as a bare OAuth 2 session."""
        return OAuth2Session(self.oidc.client_id, self.oidc.client_secret, token=token)


def endpoint(name):
    return requests.get(DISCOVERY, timeout=10).json()[name + "_endpoint"]


def altered(url, **changes):
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    return url.split("?")[0] + "?" + urlencode({**query, **changes})


class Authlib(unittest.TestCase):
    def test_a_person_signs_in_by_discovery_pkce_and_a_verified_id_token(self):
        portal = Portal()
        _, url = portal.sign_in()
        token = portal.finish(url)
        self.assertEqual(token["userinfo"]["iss"], ISSUER)
        self.assertEqual(token["userinfo"]["acr"], "urn:menfu:acr:L2")
        info = portal.userinfo(token)
        self.assertEqual(info["sub"], token["userinfo"]["sub"])
        self.assertEqual(info["name"], PERSON["name"])

    def test_the_live_session_answers_without_a_question(self):
        portal = Portal()
        browser, url = portal.sign_in()
        first = portal.finish(url)
        again = portal.finish(browser.open(portal.begin(prompt="none")).url)
        self.assertEqual(again["userinfo"]["sub"], first["userinfo"]["sub"])
        self.assertEqual(again["userinfo"]["auth_time"], first["userinfo"]["auth_time"])

    def test_a_refresh_renews_the_tokens_of_the_same_person(self):
        portal = Portal()
        _, url = portal.sign_in()
        token = portal.finish(url)
        renewed = portal.session().refresh_token(endpoint("token"), refresh_token=token["refresh_token"])
        self.assertNotEqual(renewed["access_token"], token["access_token"])
        self.assertEqual(portal.userinfo(renewed)["sub"], token["userinfo"]["sub"])

    def test_introspection_sees_a_token_live_and_dead_after_its_revocation(self):
        portal = Portal()
        _, url = portal.sign_in()
        token = portal.finish(url)
        asking = portal.session()
        look = lambda: asking.introspect_token(endpoint("introspection"), token["access_token"]).json()
        self.assertTrue(look()["active"])
        self.assertEqual(asking.revoke_token(endpoint("revocation"), token["access_token"]).status_code, 200)
        self.assertFalse(look()["active"])
        with self.assertRaises(requests.HTTPError):
            portal.userinfo(token)

    def test_a_client_without_a_secret_signs_people_in_by_pkce(self):
        callback = "http://127.0.0.1:49152/callback"
        portal = Portal("pocket", None, callback, scope="openid profile", token_endpoint_auth_method="none")
        browser = Browser(ISSUER)
        page = browser.sign_in(browser.open(portal.begin()), PERSON)
        self.assertIn("sub", portal.finish(page.url)["userinfo"])

    def test_a_program_gets_a_token_for_itself(self):
        program = OAuth2Session("program", "secret-of-the-program", scope="statistics.read")
        token = program.fetch_token(endpoint("token"), grant_type="client_credentials")
        self.assertEqual(token["token_type"].lower(), "bearer")

    def test_consent_given_to_a_strange_portal_brings_an_rs256_id_token(self):
        portal = self.stranger()
        browser = Browser(ISSUER)
        question = browser.sign_in(browser.open(portal.begin()), PERSON)
        token = portal.finish(browser.submit(question, do="yes").url)
        self.assertEqual(jws.extract_compact(token["id_token"].encode()).headers()["alg"], "RS256")

    def test_consent_refused_is_access_denied(self):
        portal = self.stranger()
        browser = Browser(ISSUER)
        question = browser.sign_in(browser.open(portal.begin(prompt="login consent")), PERSON)
        with self.assertRaises(OAuthError) as refused:
            portal.finish(browser.submit(question, do="no").url)
        self.assertEqual(refused.exception.error, "access_denied")

    @staticmethod
    def stranger():
        return Portal(
            "stranger",
            "secret-of-the-stranger",
            "https://stranger.example/callback",
            scope="openid profile",
            token_endpoint_auth_method="client_secret_post",
        )

    @staticmethod
    def signer(key=None):
        """The client that signs instead of sending a secret."""
        return Portal(
            "signer",
            key or ECKey.import_key(json.loads(os.environ["MENFU_SIGNER"])),
            "https://signer.example/callback",
            scope="openid profile real_name",
            token_endpoint_auth_method=PrivateKeyJWT.name,
            signs=PrivateKeyJWT(endpoint("token"), alg="ES256", headers={"kid": "judge-key"}),
        )

    def signed_in_by_form(self, portal):
        browser = Browser(ISSUER)
        page = browser.sign_in(browser.open(portal.begin(response_mode="form_post")), PERSON)
        action, fields = browser.answer(page)
        self.assertEqual(action, "https://signer.example/callback")
        return fields

    def test_form_post_and_private_key_jwt_sign_a_person_in_and_refresh(self):
        portal = self.signer()
        token = portal.here.post("/callback", data=self.signed_in_by_form(portal)).get_json()
        self.assertEqual(token["userinfo"]["iss"], ISSUER)
        self.assertEqual(portal.userinfo(token)["name"], PERSON["name"])
        with portal.app.test_request_context():
            session = portal.oidc._get_oauth_client()
            renewed = session.refresh_token(endpoint("token"), refresh_token=token["refresh_token"])
        self.assertEqual(portal.userinfo(renewed)["sub"], token["userinfo"]["sub"])

    def test_an_error_comes_in_a_form_too(self):
        portal = self.signer()
        browser = Browser(ISSUER)
        _, fields = browser.answer(browser.open(portal.begin(response_mode="form_post", prompt="none")))
        self.assertEqual(fields["error"], "login_required")
        self.assertEqual(sorted(fields), ["error", "error_description", "iss", "state"])
        # Of a form the library reads no error, but it does not take one for an answer.
        with self.assertRaises(AuthlibBaseError):
            portal.here.post("/callback", data=fields)

    def test_refused_a_key_that_is_not_the_client_s(self):
        portal = self.signer(ECKey.generate_key("P-256"))
        fields = self.signed_in_by_form(portal)
        with self.assertRaises(OAuthError) as refused:
            portal.here.post("/callback", data=fields)
        self.assertEqual(refused.exception.error, "invalid_client")

    def test_sign_out_comes_back_with_its_state_and_the_session_is_over(self):
        portal = Portal()
        browser, url = portal.sign_in()
        token = portal.finish(url)
        back = browser.open(portal.here.get("/logout/" + token["id_token"]).headers["Location"])
        self.assertTrue(back.url.startswith(BYE), back.text)
        kept = portal.here.get("/bye?" + urlsplit(back.url).query).get_json()
        self.assertEqual(kept["post_logout_redirect_uri"], BYE)
        with self.assertRaises(OAuthError) as refused:
            portal.finish(browser.open(portal.begin(prompt="none")).url)
        self.assertEqual(refused.exception.error, "login_required")

    def test_refused_a_state_that_somebody_changed(self):
        portal = Portal()
        _, url = portal.sign_in()
        with self.assertRaises(MismatchingStateError):
            portal.finish(altered(url, state="another"))

    def test_refused_an_id_token_with_the_nonce_of_another_request(self):
        portal = Portal()
        _, url = portal.sign_in()
        with portal.here.session_transaction() as kept:
            for name in [name for name in kept if name.startswith("_state_")]:
                data = dict(kept[name])
                data["data"] = {**data["data"], "nonce": "another"}
                kept[name] = data
        with self.assertRaises(InvalidClaimError) as refused:
            portal.finish(url)
        self.assertIn("nonce", str(refused.exception))

    def test_refused_the_verifier_of_another_request(self):
        portal = Portal()
        _, url = portal.sign_in()
        with portal.here.session_transaction() as kept:
            for name in [name for name in kept if name.startswith("_state_")]:
                data = dict(kept[name])
                data["data"] = {**data["data"], "code_verifier": generate_token(48)}
                kept[name] = data
        with self.assertRaises(OAuthError) as refused:
            portal.finish(url)
        self.assertEqual(refused.exception.error, "invalid_grant")

    def test_refused_an_id_token_whose_key_is_not_the_one_under_its_kid(self):
        portal = Portal()
        _, url = portal.sign_in()
        with portal.app.test_request_context():
            jwks = portal.oidc.fetch_jwk_set()
        foreign = ECKey.generate_key("P-256").as_dict(private=False)
        swapped = [{**key, "x": foreign["x"], "y": foreign["y"]} if key["kty"] == "EC" else key for key in jwks["keys"]]
        portal.oidc.server_metadata["jwks"] = {"keys": swapped}
        with self.assertRaises(BadSignatureError):
            portal.finish(url)

    def test_refused_a_wrong_secret(self):
        portal = Portal(secret="guessed")
        _, url = portal.sign_in()
        with self.assertRaises(OAuthError) as refused:
            portal.finish(url)
        self.assertEqual(refused.exception.error, "invalid_client")


if __name__ == "__main__":
    unittest.main()
