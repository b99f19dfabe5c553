//! The catalogues: the three languages say the same, all that is said is there, and nothing is there unsaid.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use menfu::kernel::Locale;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(files(&entry, extension));
        } else if entry.extension().is_some_and(|ending| ending == extension) {
            found.push(entry);
        }
    }
    found
}

/// The source text of each message by key, of one language.
fn messages(locale: Locale) -> BTreeMap<String, String> {
    let mut messages = BTreeMap::<String, String>::new();
    let mut key = String::new();
    for file in files(&root().join("templates/locales").join(locale.tag()), "ftl") {
        for line in fs::read_to_string(file).unwrap().lines() {
            match line
                .split_once(" = ")
                .filter(|_| line.starts_with(|first: char| first.is_ascii_alphabetic() || first == '-'))
            {
                Some((name, text)) => {
                    key = name.to_owned();
                    assert!(
                        messages.insert(key.clone(), text.to_owned()).is_none(),
                        "{key} twice in {locale}"
                    );
                }
                None if line.starts_with('#') || line.is_empty() => {}
                None => messages.entry(key.clone()).or_default().push_str(line),
            }
        }
    }
    messages
}

/// What stands in `{ … }` with a dollar sign: the arguments of a text.
fn arguments(text: &str) -> BTreeSet<&str> {
    text.split('$')
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap())
        .collect()
}

/// The arguments of a text and of all texts that it includes.
fn all_arguments<'a>(messages: &'a BTreeMap<String, String>, key: &str) -> BTreeSet<&'a str> {
    let text = &messages[key];
    let included = messages.keys().filter(|other| text.contains(&format!("{{ {other} }}")));
    included.flat_map(|other| all_arguments(messages, other)).chain(arguments(text)).collect()
}

/// What stands between straight quotation marks, in source files without their tests.
fn literals(source: &str) -> BTreeSet<String> {
    let production = source.split("#[cfg(test)]").next().unwrap_or_default();
    production.split('"').map(str::to_owned).collect()
}

fn sources() -> Vec<(PathBuf, String)> {
    let templates = root().join("templates");
    let mut paths = files(&root().join("src"), "rs");
    for folder in ["layout", "components", "pages"] {
        paths.extend(files(&templates.join(folder), "html"));
    }
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn the_three_languages_have_the_same_texts_with_the_same_arguments() {
    let chinese = messages(Locale::ZhHans);
    for locale in [Locale::ZhHant, Locale::En] {
        let other = messages(locale);
        let (ours, theirs): (BTreeSet<_>, BTreeSet<_>) = (chinese.keys().collect(), other.keys().collect());
        assert_eq!(
            ours.symmetric_difference(&theirs).collect::<Vec<_>>(),
            Vec::<&&String>::new(),
            "{locale}"
        );
        for key in chinese.keys() {
            assert_eq!(all_arguments(&chinese, key), all_arguments(&other, key), "{key} in {locale}");
        }
    }
}

#[test]
fn every_text_that_is_asked_for_is_there() {
    let known = messages(Locale::ZhHans);
    let mut missing = Vec::new();
    for (path, source) in sources() {
        let production = source.split("#[cfg(test)]").next().unwrap_or_default();
        for opening in ["t(key=\"", "Message::new(\""] {
            for rest in production.split(opening).skip(1) {
                let key = rest.split('"').next().unwrap_or_default();
                if !known.contains_key(key) {
                    missing.push(format!("{key} in {}", path.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "no text for:\n{}", missing.join("\n"));
}

/// Upper-case keys are the stable catalogue of the requirements; some belong to pages that come later.
#[test]
fn every_text_of_the_pages_is_used() {
    let known = messages(Locale::ZhHans);
    let mut used: BTreeSet<String> = sources().iter().flat_map(|(_, source)| literals(source)).collect();
    for text in known.values() {
        used.extend(known.keys().filter(|key| text.contains(&format!("{{ {key} }}"))).cloned());
    }
    let unused: Vec<_> = known
        .keys()
        .filter(|key| key.starts_with(|first: char| first.is_ascii_lowercase()) && !used.contains(*key))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn templates_hold_no_words_of_their_own() {
    for (path, source) in
        sources().iter().filter(|(path, _)| path.extension().is_some_and(|ending| ending == "html"))
    {
        let mut rest = source.as_str();
        let mut words = String::new();
        while let Some((before, comment)) = rest.split_once("{#") {
            words.push_str(before);
            rest = comment.split_once("#}").unwrap().1;
        }
        words.push_str(rest);
        let words = words.replace("简体", "").replace("繁體", "");
        let chinese: String = words.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).collect();
        assert!(chinese.is_empty(), "{}: {chinese}", path.display());
    }
}

#[test]
fn the_messages_of_the_requirements_are_there_word_for_word() {
    let known = messages(Locale::ZhHans);
    for (key, text) in [
        ("E_USERNAME_TAKEN", "用户名已被使用"),
        ("E_ID_TAKEN_PERSON", "自然人证件号码已被使用，请核对；如已注册请找回账号"),
        ("BANK_ID_MISMATCH", "人员姓名或证件类型或证件号与银行登记不匹配"),
        (
            "BANK_PHONE_MISMATCH",
            "手机号与银行预留手机号不一致，请更换银行卡验证或去对应银行网点修改预留手机号",
        ),
        ("E_PHONE_TAKEN", "手机号已被占用，您可以更换其他手机号进行注册，或拨打网站底部联系电话进行核对"),
        ("step-login", "填写登录信息"),
        ("step-identity", "填写身份信息"),
        ("step-verify", "填写验证信息"),
        ("step-done", "注册成功"),
        ("sms-get", "发送短信验证"),
        ("recover-link", "点击此处找回账号密码"),
    ] {
        assert_eq!(known.get(key).map(String::as_str), Some(text), "{key}");
    }
}
