//! Resource indicators (RFC 8707).

use crate::harness::{Answer, House, Plan, Rp, house_of};
use crate::people::{VERIFIED, browser_of, open_account};

const LEDGER: &str = "https://ledger.example/";
const FILES: &str = "https://files.example/api";

const CLIENTS: &str = r#"
[[client]]
client_id = "desk"
client_name = "窗口"
secret = "s"
redirect_uris = ["https://desk.example/callback"]
grant_types = ["authorization_code", "refresh_token", "client_credentials"]
scope = "openid desk.read"
first_party = true
audience = ["https://ledger.example/", "https://files.example/api"]
"#;

fn plan() -> Plan {
    let plan = Plan::default();
    Plan { clients: format!("{}{CLIENTS}", plan.clients), ..plan }
}

fn desk(house: &House) -> Rp {
    house.rp("desk", Some("s"))
}

async fn code(house: &House, resources: &[&str]) -> String {
    let (rp, seed) = (desk(house), menfu::demo::seeds().unwrap().remove(VERIFIED));
    let mut url: url::Url = rp.authorize(&[("scope", "openid")]).parse().unwrap();
    url.query_pairs_mut().extend_pairs(resources.iter().map(|resource| ("resource", resource)));
    let browser = browser_of(house, &seed).await;
    rp.returned(&browser.get(url.as_str()).await).get("code").to_owned()
}

fn aud(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.json);
    answer.claims("access_token")["aud"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_access_token_is_for_the_resource_that_was_asked_for() {
    house_of(plan(), async |house| {
        open_account(house, VERIFIED).await;
        let rp = desk(house);
        assert_eq!(aud(&rp.exchange(&code(house, &[]).await).await), LEDGER);
        let tokens = rp.exchange(&code(house, &[FILES]).await).await;
        assert_eq!(aud(&tokens), FILES);
        assert_eq!(tokens.claims("id_token")["aud"], "desk", "the ID token is the client's");
        assert_eq!(aud(&rp.exchange_with(&code(house, &[]).await, &[("resource", FILES)]).await), FILES);
        let own = [("grant_type", "client_credentials")];
        assert_eq!(aud(&rp.post("/token", &own).await), LEDGER);
        let files = [("grant_type", "client_credentials"), ("resource", FILES)];
        assert_eq!(aud(&rp.post("/token", &files).await), FILES);
    })
    .await;
}

#[tokio::test]
async fn each_refresh_may_be_for_another_of_those_granted() {
    house_of(plan(), async |house| {
        open_account(house, VERIFIED).await;
        let rp = desk(house);
        let tokens = rp.exchange(&code(house, &[LEDGER, FILES]).await).await;
        assert_eq!(aud(&tokens), LEDGER);
        let refresh = |token: String, resource: &'static str| {
            let rp = rp.clone();
            async move {
                let form =
                    [("grant_type", "refresh_token"), ("refresh_token", &token), ("resource", resource)];
                rp.post("/token", &form).await
            }
        };
        let next = refresh(tokens.text("refresh_token").to_owned(), FILES).await;
        assert_eq!(aud(&next), FILES);
        let introspected = rp.introspect(next.text("access_token")).await;
        assert_eq!(introspected.json["aud"], FILES);
    })
    .await;
}

#[tokio::test]
async fn what_was_not_granted_is_an_invalid_target_and_burns_nothing() {
    house_of(plan(), async |house| {
        open_account(house, VERIFIED).await;
        let rp = desk(house);
        let code = code(house, &[FILES]).await;
        for resource in [LEDGER, "https://evil.example/", "files", "https://files.example/api#x"] {
            let answer = rp.exchange_with(&code, &[("resource", resource)]).await;
            assert_eq!((answer.status.as_u16(), answer.text("error")), (400, "invalid_target"), "{resource}");
        }
        let tokens = rp.exchange(&code).await;
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens.text("refresh_token")),
            ("resource", LEDGER),
        ];
        assert_eq!(rp.post("/token", &form).await.text("error"), "invalid_target");
        assert_eq!(rp.refresh(tokens.text("refresh_token")).await.status, 200);
        let two = [("grant_type", "client_credentials"), ("resource", LEDGER), ("resource", FILES)];
        assert_eq!(rp.post("/token", &two).await.text("error"), "invalid_target");
    })
    .await;
}

#[tokio::test]
async fn a_resource_that_is_not_registered_is_refused_before_anybody_signs_in() {
    house_of(plan(), async |house| {
        for (rp, resource) in [
            (desk(house), "https://evil.example/"),
            (desk(house), "https://ledger.example"),
            (desk(house), "ledger"),
            (house.exam(), LEDGER),
        ] {
            let asked = rp.authorize(&[("scope", "openid"), ("resource", resource)]);
            let answer = rp.returned(&house.browser().get_once(&asked).await);
            assert_eq!(answer.get("error"), "invalid_target", "{resource}");
            assert!(answer.find("iss").is_some() && answer.find("state").is_some());
        }
    })
    .await;
}
