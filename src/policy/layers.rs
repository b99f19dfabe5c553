//! Layered TOML whose errors name the origin, the key and the reason: for the profile here, for the settings in `config`.

use figment::{
    Figment, Metadata, Profile, Provider,
    error::Kind,
    value::{Dict, Map, Value},
};
use serde::de::DeserializeOwned;

/// One source: its name as it stands in messages, and its values.
pub struct Layer {
    origin: String,
    values: Dict,
}

/// What is wrong in which place; one line each.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{}", .0.join("\n"))]
pub struct LayerError(pub Vec<String>);

impl Layer {
    /// Reads TOML; `origin` stands in every message about it.
    ///
    /// # Errors
    /// When the text is no TOML.
    pub fn toml(origin: impl Into<String>, text: &str) -> Result<Self, LayerError> {
        let origin = origin.into();
        toml::from_str(text)
            .map(|values| Self { origin: origin.clone(), values })
            .map_err(|error| LayerError(vec![format!("{origin}: {}", error.to_string().trim_end())]))
    }

    /// One value at a dotted key, such as a variable of the environment.
    pub fn single(origin: impl Into<String>, key: &str, value: impl Into<Value>) -> Self {
        let nested = key
            .rsplit('.')
            .fold(value.into(), |value, part| Value::from(Dict::from([(part.to_owned(), value)])));
        Self { origin: origin.into(), values: nested.into_dict().unwrap_or_default() }
    }

    /// What stands in messages about it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The text at a dotted key of this layer alone.
    pub fn text(&self, key: &str) -> Option<String> {
        let (sections, last) = key.rsplit_once('.').unwrap_or(("", key));
        let mut values = &self.values;
        for section in sections.split_terminator('.') {
            values = values.get(section)?.as_dict()?;
        }
        values.get(last)?.as_str().map(str::to_owned)
    }

    /// Takes the text at a dotted key out of this layer.
    pub fn take_text(&mut self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        let (sections, last) = key.rsplit_once('.').unwrap_or(("", key));
        let mut values = &mut self.values;
        for section in sections.split_terminator('.') {
            let Some(Value::Dict(_, inner)) = values.get_mut(section) else { return None };
            values = inner;
        }
        values.remove(last);
        Some(text)
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

/// The layers on top of each other, later ones winning, as a typed value.
///
/// # Errors
/// One line for each key that is unknown, missing or of the wrong type.
pub fn extract<T: DeserializeOwned>(layers: Vec<Layer>) -> Result<T, LayerError> {
    let figment = stacked(layers);
    figment.extract().map_err(|errors| explained(&figment, errors))
}

/// As [`extract`]; a text is also taken where a number or a yes or no stands, for the environment has only texts.
///
/// # Errors
/// As [`extract`].
pub fn extract_from_texts<T: DeserializeOwned>(layers: Vec<Layer>) -> Result<T, LayerError> {
    let figment = stacked(layers);
    figment.extract_lossy().map_err(|errors| explained(&figment, errors))
}

fn stacked(layers: Vec<Layer>) -> Figment {
    layers.into_iter().fold(Figment::new(), Figment::merge)
}

fn explained(figment: &Figment, errors: figment::Error) -> LayerError {
    LayerError(errors.into_iter().map(|error| explain(figment, &error)).collect())
}

fn explain(figment: &Figment, error: &figment::Error) -> String {
    let path = &error.path;
    let (key, reason) = match &error.kind {
        Kind::UnknownField(_, known) => {
            (path.join("."), format!("is no known key here; known are {}", known.join(", ")))
        }
        Kind::MissingField(name) => {
            let full: Vec<&str> = path.iter().map(String::as_str).chain([name.as_ref()]).collect();
            return format!("`{}` is missing", full.join("."));
        }
        Kind::UnknownVariant(value, known) => {
            (path.join("."), format!("`{value}` is not one of {}", known.join(", ")))
        }
        kind => (path.join("."), kind.to_string()),
    };
    match origin(figment, path) {
        Some(origin) => format!("{origin}: `{key}` {reason}"),
        None => format!("`{key}` {reason}"),
    }
}

/// Who wrote this key, or the nearest one above it; figment's own note names the section's last writer instead.
fn origin(figment: &Figment, mut path: &[String]) -> Option<String> {
    while let [above @ .., _] = path {
        if let Ok(value) = figment.find_value(&path.join(".")) {
            return Some(figment.get_metadata(value.tag())?.name.to_string());
        }
        path = above;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct House {
        rooms: u32,
        door: Door,
    }

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Door {
        open: bool,
        #[serde(default)]
        name: String,
    }

    fn layer(origin: &str, text: &str) -> Layer {
        Layer::toml(origin, text).unwrap()
    }

    fn errors(layers: Vec<Layer>) -> String {
        extract::<House>(layers).unwrap_err().to_string()
    }

    #[test]
    fn a_later_layer_wins_key_by_key() {
        let house: House = extract(vec![
            layer("base", "rooms = 3\ndoor = { open = false, name = \"south\" }"),
            layer("ours", "[door]\nopen = true"),
        ])
        .unwrap();
        assert_eq!(house, House { rooms: 3, door: Door { open: true, name: "south".to_owned() } });
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_layer_that_wrote_it() {
        let base = || layer("base", "rooms = 3\ndoor = { open = false }");
        let message =
            errors(vec![base(), layer("ours.toml", "[door]\nlocked = true"), layer("top", "rooms = 4")]);
        assert_eq!(message, "ours.toml: `door.locked` is no known key here; known are open, name");
        let message = errors(vec![layer("ours.toml", "windows = 1"), base()]);
        assert_eq!(message, "ours.toml: `windows` is no known key here; known are rooms, door");
    }

    #[test]
    fn a_missing_key_and_a_wrong_type_are_named() {
        assert_eq!(errors(vec![layer("base", "rooms = 3\n[door]")]), "`door.open` is missing");
        let message = errors(vec![layer("base", "rooms = \"many\"\ndoor = { open = true }")]);
        assert!(message.starts_with("base: `rooms` "), "{message}");
    }

    #[test]
    fn broken_toml_is_refused_with_its_origin_and_line() {
        let message = Layer::toml("ours.toml", "rooms = 3\ndoor = {").err().unwrap().to_string();
        assert!(message.starts_with("ours.toml: ") && message.contains("line 2"), "{message}");
    }

    #[test]
    fn a_text_serves_as_a_number_only_where_texts_are_all_there_is() {
        let texts = || vec![Layer::single("rooms", "rooms", "3"), Layer::single("door", "door.open", "true")];
        assert_eq!(extract_from_texts::<House>(texts()).unwrap().rooms, 3);
        assert!(errors(texts()).starts_with("door: `door.open` "));
    }

    #[test]
    fn a_text_that_was_taken_is_gone() {
        let mut layer = layer("base", "rooms = 3\ndoor = { name = \"south\" }");
        assert_eq!(layer.take_text("door.name").as_deref(), Some("south"));
        assert_eq!((layer.text("door.name"), layer.take_text("rooms")), (None, None));
    }

    #[test]
    fn a_text_is_found_by_its_dotted_key() {
        let layer = layer("base", "rooms = 3\ndoor = { name = \"south\" }");
        assert_eq!(layer.text("door.name").as_deref(), Some("south"));
        for key in ["rooms", "door", "door.open", "roof.name"] {
            assert_eq!(layer.text(key), None, "{key}");
        }
    }
}
