//! ID tokens and userinfo signed by each algorithm (Core §2, §5.3.2), judged with the published keys.

use menfu::protocol::claims::at_hash;
use menfu::protocol::client::SigningAlg;
use menfu::protocol::jose::{Jwks, TokenType, Verifier};

use crate::harness::{House, Plan, Rp, header_of, house_of};
use crate::people::{VERIFIED, open_account, tokens_for};

/// A first-party client whose ID tokens and userinfo are signed so.
fn client(alg: SigningAlg) -> String {
    let (id, alg) = (alg.as_str().to_lowercase(), alg.as_str());
    format!(
        "\n[[client]]\nclient_id = \"{id}\"\nclient_name = \"{alg}\"\nsecret = \"s\"\n\
         redirect_uris = [\"https://{id}.example/callback\"]\nscope = \"openid profile\"\nfirst_party = true\n\
         id_token_signed_response_alg = \"{alg}\"\nuserinfo_signed_response_alg = \"{alg}\"\n"
    )
}

fn plan() -> Plan {
    let plan = Plan::default();
    let more: String = SigningAlg::ALL.iter().copied().map(client).collect();
    Plan { clients: format!("{}{more}", plan.clients), ..plan }
}

fn rp(house: &House, alg: SigningAlg) -> Rp {
    house.rp(&alg.as_str().to_lowercase(), Some("s"))
}

#[tokio::test]
async fn each_algorithm_signs_id_tokens_and_userinfo_that_the_published_keys_verify() {
    house_of(plan(), async |house| {
        let seed = open_account(house, VERIFIED).await;
        let jwks: Jwks = serde_json::from_value(house.exam().get_json("/jwks").await.json).unwrap();
        let published = Verifier::new(&jwks).unwrap();
        for alg in SigningAlg::ALL {
            let rp = rp(house, *alg);
            let (_, tokens) = tokens_for(house, &rp, &seed, &[("scope", "openid profile")]).await;
            let id_token = tokens.text("id_token");
            assert_eq!(header_of(id_token)["alg"], alg.as_str());
            let claims = published.verify(TokenType::IdToken, id_token).unwrap();
            assert_eq!(claims["at_hash"], at_hash(*alg, tokens.text("access_token")));
            let answer = rp.userinfo(tokens.text("access_token")).await;
            assert_eq!(answer.headers["content-type"], "application/jwt");
            assert_eq!(answer.headers["cache-control"], "no-store");
            let signed = answer.json.as_str().unwrap();
            assert_eq!(header_of(signed)["alg"], alg.as_str());
            let info = published.verify(TokenType::UserInfo, signed).unwrap();
            assert_eq!(info["sub"], claims["sub"]);
            assert_eq!(info["iss"], claims["iss"]);
            assert_eq!(info["aud"], rp.client_id);
            assert!(info.contains_key("name") && info["updated_at"].is_i64());
        }
    })
    .await;
}

#[tokio::test]
async fn signed_userinfo_is_no_id_token_and_no_hint() {
    house_of(plan(), async |house| {
        let (rp, seed) = (rp(house, SigningAlg::Es256), open_account(house, VERIFIED).await);
        let (browser, tokens) = tokens_for(house, &rp, &seed, &[("scope", "openid profile")]).await;
        let userinfo = rp.userinfo(tokens.text("access_token")).await.json.as_str().unwrap().to_owned();
        for (token, error) in [(userinfo.as_str(), Some("invalid_request")), (tokens.text("id_token"), None)]
        {
            let asked =
                rp.authorize(&[("scope", "openid profile"), ("prompt", "none"), ("id_token_hint", token)]);
            assert_eq!(rp.returned(&browser.get_once(&asked).await).find("error"), error);
        }
    })
    .await;
}

#[tokio::test]
async fn other_clients_get_plain_userinfo() {
    house_of(plan(), async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (_, tokens) = tokens_for(house, &house.exam(), &seed, &[]).await;
        let answer = house.exam().userinfo(tokens.text("access_token")).await;
        assert_eq!(answer.headers["content-type"], "application/json");
        assert!(answer.json.get("iss").is_none());
    })
    .await;
}
