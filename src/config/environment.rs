//! `MENFU_SERVER__ISSUER` is `server.issuer`: two underscores between the parts of a key.

use crate::policy::layers::{Layer, LayerError};

const PREFIX: &str = "MENFU_";
/// Names the settings file.
const FILE: &str = "MENFU_CONFIG";
/// What the tests read; no setting.
const TESTS: &str = "MENFU_TEST_";

/// The environment of this process.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(super) fn variables() -> Vec<(String, String)> {
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value))).collect()
}

/// The settings file that the environment names.
pub(super) fn file(variables: &[(String, String)]) -> Option<&str> {
    variables.iter().find(|(name, _)| name == FILE).map(|(_, value)| value.as_str())
}

/// A layer for each variable of ours.
///
/// # Errors
/// A variable that starts a list and does not end it.
pub(super) fn layers(variables: &[(String, String)]) -> Result<Vec<Layer>, LayerError> {
    variables
        .iter()
        .filter(|(name, _)| name != FILE && !name.starts_with(TESTS))
        .filter_map(|(name, value)| Some((name, name.strip_prefix(PREFIX)?, value)))
        .map(|(name, rest, value)| layer(name, &rest.replace("__", ".").to_lowercase(), value))
        .collect()
}

/// Values are texts, so that a key made of digits stays what it is; lists are written as in TOML.
fn layer(name: &str, key: &str, value: &str) -> Result<Layer, LayerError> {
    let origin = format!("environment variable {name}");
    if value.starts_with('[') && value.ends_with(']') {
        let nested = key.replace('.', "\".\"");
        return Layer::toml(origin, &format!("\"{nested}\" = {value}"));
    }
    Ok(Layer::single(origin, key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Vec<Layer> {
        let variables: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        layers(&variables).unwrap()
    }

    #[test]
    fn two_underscores_part_a_key_and_one_belongs_to_it() {
        let layers = read(&[("MENFU_SERVER__SHUTDOWN_GRACE", "5s"), ("MENFU_NOTIFY__SMS__KEY", "007")]);
        assert_eq!(layers[0].text("server.shutdown_grace").as_deref(), Some("5s"));
        assert_eq!(layers[1].text("notify.sms.key").as_deref(), Some("007"));
        assert_eq!(layers[1].origin(), "environment variable MENFU_NOTIFY__SMS__KEY");
    }

    #[test]
    fn other_peoples_variables_and_those_of_the_tests_are_left_alone() {
        let pairs = [("PATH", "/bin"), ("MENFU_CONFIG", "a.toml"), ("MENFU_TEST_DATABASE", "postgres://")];
        assert!(read(&pairs).is_empty());
        let variables = [("MENFU_CONFIG".to_owned(), "a.toml".to_owned())];
        assert_eq!(file(&variables), Some("a.toml"));
    }

    #[test]
    fn a_list_is_read_as_toml_and_a_broken_one_names_its_variable() {
        assert_eq!(read(&[("MENFU_SERVER__LISTEN", r#"["[::1]:80"]"#)]).len(), 1);
        let broken = [("MENFU_SERVER__LISTEN".to_owned(), "[::1]".to_owned())];
        let message = layers(&broken).err().unwrap().to_string();
        assert!(message.starts_with("environment variable MENFU_SERVER__LISTEN"), "{message}");
    }
}
