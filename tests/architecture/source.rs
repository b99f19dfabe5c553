//! Reads Rust as far as the laws need it: comments and texts blanked out, test code told from production code,
//! functions with their extent, the paths that a file names. No macro is expanded and no type is resolved.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

/// One Rust file of the package.
pub struct Source {
    /// Path below the package, with `/`.
    pub path: String,
    /// As written.
    pub raw: String,
    /// Comments blanked out, same positions.
    pub text: String,
    /// Comments, texts and characters blanked out, same positions.
    pub code: String,
    /// What compiles for tests only.
    tests: Vec<Range<usize>>,
}

/// A function with a body.
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
    pub arguments: usize,
    pub is_async: bool,
    pub is_test: bool,
}

/// A path below the crate's root that a file names.
pub struct Named {
    pub room: String,
    pub line: usize,
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below these folders.
pub fn sources(folders: &[&str]) -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in folders {
        collect(&root().join(folder), &mut paths);
    }
    paths.sort();
    paths.iter().map(|path| Source::read(path)).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        // What a build of the fuzz targets leaves is nobody's source.
        if path.is_dir() && !path.ends_with("tests/fuzz/target") {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

impl Source {
    fn read(path: &Path) -> Self {
        let relative = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        Self::of(&relative, &fs::read_to_string(path).unwrap())
    }

    pub fn of(path: &str, raw: &str) -> Self {
        let (text, code) = blank(raw);
        let whole = path.starts_with("tests/") || path.ends_with("/tests.rs") || path.contains("/tests/");
        let tests = if whole { std::iter::once(0..raw.len()).collect() } else { test_regions(&code) };
        Self { path: path.to_owned(), raw: raw.to_owned(), text, code, tests }
    }

    pub fn line(&self, at: usize) -> usize {
        self.raw[..at].matches('\n').count() + 1
    }

    pub fn is_test(&self, at: usize) -> bool {
        self.tests.iter().any(|region| region.contains(&at))
    }

    /// The module's names from the root: `src/http/oidc/token.rs` is `http`, `oidc`, `token`.
    pub fn module(&self) -> Vec<&str> {
        let path = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let path = path.strip_suffix(".rs").unwrap_or(path);
        path.strip_suffix("/mod").unwrap_or(path).split('/').collect()
    }

    /// Lines that are neither blank nor comment, of production code and of tests.
    pub fn size(&self) -> (usize, usize) {
        let (mut production, mut tests, mut at) = (0, 0, 0);
        for line in self.text.split_inclusive('\n') {
            if !line.trim().is_empty() {
                if self.is_test(at) { tests += 1 } else { production += 1 }
            }
            at += line.len();
        }
        (production, tests)
    }

    /// Where a word stands on its own in the code.
    pub fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
            let before = self.code[..at].chars().next_back();
            let after = self.code[at + word.len()..].chars().next();
            !before.is_some_and(in_name) && !after.is_some_and(in_name)
        })
    }

    pub fn functions(&self) -> Vec<Function> {
        self.words("fn").filter_map(|at| self.function(at)).collect()
    }

    fn function(&self, at: usize) -> Option<Function> {
        let rest = &self.code[at + 2..];
        let name: String = rest.trim_start().chars().take_while(|c| in_name(*c)).collect();
        if name.is_empty() {
            return None; // a type `fn(…)`
        }
        let parameters = self.code[at..].find('(')? + at;
        let arguments = count_arguments(&self.code[parameters + 1..closing(&self.code, parameters)?]);
        let body = opening(&self.code, closing(&self.code, parameters)?)?;
        let lines = self.line(closing(&self.code, body)?) - self.line(at) + 1;
        let is_async = self.code[..at].trim_end().ends_with("async");
        Some(Function { name, line: self.line(at), lines, arguments, is_async, is_test: self.is_test(at) })
    }

    /// The rooms named by `crate::…`, also in groups and, in `main.rs`, by the package's own name.
    pub fn rooms_named(&self) -> Vec<Named> {
        let root = if self.path == "src/main.rs" { "menfu" } else { "crate" };
        let mut named = Vec::new();
        for at in self.words(root) {
            let Some(rest) = self.code[at + root.len()..].strip_prefix("::") else { continue };
            let line = self.line(at);
            named.extend(heads(rest).into_iter().map(|room| Named { room, line }));
        }
        named
    }

    /// Whether a `use crate::…`, `self::…` or `super::…` ends in this name, or a `mod` declares it.
    fn brings_in(&self, name: &str) -> bool {
        let ours = |item: &str| ["crate::", "super::", "self::"].iter().any(|root| item.starts_with(root));
        let items = self.words("use").filter_map(|at| self.code[at + 3..].split(';').next());
        let leaf = |item: &str| {
            item.split(['{', '}', ',']).any(|path| path.trim().rsplit("::").next() == Some(name))
        };
        items.map(str::trim).any(|item| ours(item) && leaf(item))
            || self.words("mod").any(|at| self.code[at + 3..].trim_start().starts_with(&format!("{name};")))
    }

    /// Whether the file names this crate, and where first. Any test may run on tokio and stand in for a trait of ours;
    /// a module of the same name that the file brings in is no crate.
    pub fn names_crate(&self, name: &str) -> Option<usize> {
        let of_tests = ["tokio", "async_trait"].contains(&name);
        let hidden = self.brings_in(name);
        self.words(name)
            .filter(|&at| !(hidden || of_tests && self.is_test(at)))
            .find(|&at| {
                let before = self.code[..at].trim_end();
                let path = self.code[at + name.len()..].starts_with("::") && !before.ends_with("::");
                path || before.ends_with("use") || before.ends_with("extern crate")
            })
            .map(|at| self.line(at))
    }
}

fn in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The first names of a path or of each member of a group: `{a::b, c}` gives `a` and `c`.
fn heads(rest: &str) -> Vec<String> {
    let head = |part: &str| part.trim().chars().take_while(|c| in_name(*c)).collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![head(rest)] };
    let (mut depth, mut start, mut parts) = (0_i32, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' if depth == 0 => {
                parts.push(head(&group[start..at]));
                start = at + 1;
            }
            '}' => {
                parts.push(head(&group[start..at]));
                break;
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Position of the bracket that closes the one at `at`.
fn closing(code: &str, at: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (offset, c) in code[at..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + offset);
        }
    }
    None
}

/// Position of the body's brace after a signature; none if the signature ends with a semicolon.
fn opening(code: &str, after: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (offset, c) in code[after + 1..].char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ';' if depth == 0 => return None,
            '{' if depth == 0 => return Some(after + 1 + offset),
            _ => {}
        }
    }
    None
}

fn count_arguments(parameters: &str) -> usize {
    let (mut depth, mut count, mut pending, mut previous) = (0_i32, 0, false, ' ');
    for c in parameters.chars() {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '>' if previous != '-' => depth -= 1,
            ',' if depth == 0 => {
                count += 1;
                pending = false;
            }
            c if !c.is_whitespace() => pending = true,
            _ => {}
        }
        previous = c;
    }
    count + usize::from(pending)
}

/// Items under `#[cfg(test)]`.
fn test_regions(code: &str) -> Vec<Range<usize>> {
    let mark = "#[cfg(test)]";
    let region = |at: usize| {
        let end = opening(code, at + mark.len() - 1).and_then(|body| closing(code, body));
        at..end.or_else(|| Some(at + code[at..].find(';')?)).map_or(code.len(), |end| end + 1)
    };
    code.match_indices(mark).map(|(at, _)| region(at)).collect()
}

/// The text without comments, and without comments, strings and characters; every byte stays where it was.
fn blank(raw: &str) -> (String, String) {
    let (mut text, mut code) = (raw.as_bytes().to_vec(), raw.as_bytes().to_vec());
    let mut at = 0;
    while at < raw.len() {
        let (kind, length) = token(&raw[at..], at.checked_sub(1).map(|before| raw.as_bytes()[before]));
        for position in at..at + length {
            if raw.as_bytes()[position] == b'\n' {
                continue;
            }
            if kind == Token::Comment {
                text[position] = b' ';
            }
            if kind != Token::Code {
                code[position] = b' ';
            }
        }
        at += length;
    }
    (String::from_utf8(text).unwrap(), String::from_utf8(code).unwrap())
}

#[derive(PartialEq)]
enum Token {
    Code,
    Comment,
    Literal,
}

fn token(rest: &str, before: Option<u8>) -> (Token, usize) {
    let one = rest.chars().next().map_or(1, char::len_utf8);
    if rest.starts_with("//") {
        return (Token::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Token::Comment, rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    let prefixed = before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !prefixed && let Some(length) = raw_string(rest) {
        return (Token::Literal, length);
    }
    if rest.starts_with('"') {
        return (Token::Literal, quoted(rest));
    }
    if rest.starts_with('\'') {
        return character(rest).map_or((Token::Code, 1), |length| (Token::Literal, length));
    }
    (Token::Code, one)
}

fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(rest.len() - body.len() + body.find(&end)? + end.len())
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character, or nothing for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut inner = rest.char_indices().skip(1);
    let (_, first) = inner.next()?;
    if first == '\\' {
        return Some(rest[2..].char_indices().skip(1).find(|(_, c)| *c == '\'')?.0 + 3);
    }
    inner.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_texts_and_characters_are_blanked_and_lifetimes_stay() {
        let source = Source::of(
            "src/x.rs",
            "let a = \"crate::b\"; // crate::c\nlet d: &'a str = r#\"crate::e \"q\" \"#; let f = ['\\'', 'g', '\"'];\n/* crate::h */ i",
        );
        for gone in ["crate", "'g'", "\\"] {
            assert!(!source.code.contains(gone), "{gone}: {}", source.code);
        }
        assert!(source.code.contains("&'a str") && source.code.ends_with('i'));
        assert!(source.text.contains("crate::b") && !source.text.contains("crate::c"));
        assert_eq!(source.code.len(), source.raw.len());
    }

    #[test]
    fn named_rooms_are_found_in_paths_groups_and_nested_groups() {
        let source = Source::of(
            "src/x/y.rs",
            "use crate::a::b;\nuse crate::{c::{d, e}, f};\nfn g() { crate::h::i() }\nuse super::crate_j;",
        );
        let rooms: Vec<_> = source.rooms_named().into_iter().map(|named| (named.room, named.line)).collect();
        let expected = [("a", 1), ("c", 2), ("f", 2), ("h", 3)].map(|(room, line)| (room.to_owned(), line));
        assert_eq!(rooms, expected);
    }

    #[test]
    fn functions_have_their_extent_and_their_arguments() {
        let source = Source::of(
            "src/x.rs",
            "trait T { fn no_body(&self); }\nasync fn two(a: HashMap<u8, Vec<(u8, u8)>>, f: fn(u8, u8) -> u8) -> [u8; 2] {\n  {}\n}\n#[cfg(test)]\nmod tests { fn inner() {} }",
        );
        let found: Vec<_> = source.functions();
        let two = &found[0];
        assert_eq!((two.name.as_str(), two.line, two.lines, two.arguments), ("two", 2, 3, 2));
        assert!(two.is_async && !two.is_test);
        assert!(found.iter().any(|function| function.name == "inner" && function.is_test));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn blank_lines_and_comments_have_no_size() {
        let source = Source::of(
            "src/x.rs",
            "//! doc\n\nfn a() {}\n#[cfg(test)]\nmod tests {\n  // why\n  fn b() {}\n}\n",
        );
        assert_eq!(source.size(), (1, 4));
        assert_eq!(Source::of("src/x/tests.rs", "fn a() {}\n").size(), (0, 1));
    }

    #[test]
    fn a_crate_is_named_by_path_or_use_but_not_by_a_module_of_the_same_name() {
        let names = |code: &str| Source::of("src/x.rs", code).names_crate("http");
        assert_eq!(names("\nhttp::Uri"), Some(2));
        assert_eq!(names("use http;"), Some(1));
        assert_eq!(names("use crate::http::url; let http = 1; // http::Uri"), None);
        assert_eq!(names("use super::{http, url}; http::router()"), None);
        assert_eq!(names("mod http; http::router()"), None);
    }
}
