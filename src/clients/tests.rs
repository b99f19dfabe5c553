use super::*;
use crate::{
    audit::{Audit, Recorded, Trail},
    kernel::SeededRng,
    protocol::client_auth::ClientProof,
    storage::testing,
};

const EXAM: &str = r#"
[[client]]
client_id = "exam"
client_name = "考试报名"
redirect_uris = ["https://exam.example/callback"]
secret = "exam-secret"
"#;

fn settings(file: &Path) -> Settings {
    let issuer = "http://localhost:8080".parse().unwrap();
    Settings { file: file.to_owned(), issuer, plain_secrets: PlainSecrets::OnLoopback }
}

fn new_entry(id: &str) -> NewEntry {
    NewEntry {
        client_id: id.to_owned(),
        client_name: "社保".to_owned(),
        redirect_uris: vec!["https://insurance.example/cb".to_owned()],
        post_logout_redirect_uris: Vec::new(),
        public: false,
    }
}

fn credentials(id: &str, secret: &str) -> ClientCredentials {
    ClientCredentials { client_id: id.parse().unwrap(), proof: ClientProof::Basic(secret.into()) }
}

#[test]
fn a_client_is_found_and_proved_by_its_own_secret_alone() {
    let clients = Clients::from_text(EXAM, settings(Path::new("clients.toml"))).unwrap();
    assert_eq!(clients.all().len(), 1);
    assert!(clients.find(&"exam".parse().unwrap()).is_some());
    assert!(clients.find(&"other".parse().unwrap()).is_none());
    assert!(clients.authenticate(&credentials("exam", "exam-secret")).is_ok());
    let wrong = clients.authenticate(&credentials("exam", "wrong")).unwrap_err();
    let unknown = clients.authenticate(&credentials("other", "exam-secret")).unwrap_err();
    assert_eq!(wrong, unknown);
}

#[test]
fn a_broken_file_is_refused_on_reload_and_the_old_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clients.toml");
    fs::write(&file, EXAM).unwrap();
    let clients = Clients::load(settings(&file)).unwrap();
    fs::write(&file, EXAM.replace("client_name", "client_nmae")).unwrap();
    let refused = clients.reload().unwrap_err().to_string();
    assert!(refused.contains("line 4, client \"exam\": "), "{refused}");
    assert!(clients.find(&"exam".parse().unwrap()).is_some());
    fs::write(&file, EXAM.replace("\"exam\"", "\"exams\"")).unwrap();
    assert_eq!(clients.reload().unwrap(), 1);
    assert!(clients.find(&"exam".parse().unwrap()).is_none());
}

#[tokio::test]
async fn what_a_changed_file_means_is_in_the_audit_trail_once() {
    let (store, folder) = (testing::db().await, tempfile::tempdir().unwrap());
    let audit = Audit::new(store.base());
    let file = folder.path().join("clients.toml");
    let told = async |text: &str| {
        fs::write(&file, text).unwrap();
        let (ctx, clients) = (store.ctx(), Clients::load(settings(&file)).unwrap());
        let changed = clients.record(&store.base(), &audit, &ctx).await.unwrap();
        let events = audit.trail(Trail::Request(ctx.trace)).await.unwrap();
        assert_eq!(events.len(), changed);
        let told = |event: &Recorded| format!("{} {}", event.kind, event.client.as_deref().unwrap());
        events.iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(told(EXAM).await, ["client_added exam"]);
    assert!(told(EXAM).await.is_empty(), "a restart, or the second node");
    assert_eq!(told(&EXAM.replace("exam-secret", "another secret")).await, ["client_changed exam"]);
    assert_eq!(told("").await, ["client_removed exam"]);
    assert_eq!(told(EXAM).await, ["client_added exam"]);
}

#[test]
fn adding_appends_an_entry_whose_secret_proves_the_client() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder.path().join("clients.toml"));
    fs::write(&settings.file, EXAM).unwrap();
    let added = add(&settings, &new_entry("insurance"), &SeededRng::new(1)).unwrap();
    let clients = Clients::load(settings.clone()).unwrap();
    assert_eq!(clients.all().len(), 2);
    let secret = added.secret.unwrap();
    assert!(clients.authenticate(&credentials("insurance", secret.expose())).is_ok());
    assert!(fs::read_to_string(&settings.file).unwrap().starts_with(EXAM), "what stood there stays");
}

#[test]
fn adding_makes_the_file_and_refuses_what_would_not_load() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder.path().join("clients.toml"));
    add(&settings, &new_entry("insurance"), &SeededRng::new(1)).unwrap();
    let before = fs::read_to_string(&settings.file).unwrap();
    let refused = add(&settings, &new_entry("insurance"), &SeededRng::new(2)).unwrap_err().to_string();
    assert!(refused.contains("another entry"), "{refused}");
    assert!(add(&settings, &new_entry("p_1"), &SeededRng::new(3)).is_err());
    assert_eq!(fs::read_to_string(&settings.file).unwrap(), before);
}
