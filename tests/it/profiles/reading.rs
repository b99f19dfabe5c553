//! What a person reads on a page, a line for each piece of text, in the order of reading.

use scraper::{CaseSensitivity, ElementRef, Html, Node, Selector};

use crate::harness::Page;

/// The texts of a page in its three parts.
pub struct Reading {
    pub header: Vec<String>,
    pub main: Vec<String>,
    pub footer: Vec<String>,
}

/// Elements that do not begin a line of their own.
const INLINE: [&str; 12] = ["a", "b", "span", "small", "u", "em", "i", "br", "sup", "strong", "abbr", "time"];

impl Reading {
    /// Everything, trace ids, times and the program's version left out: they are others each time.
    pub fn of(page: &Page) -> Self {
        let html = Html::parse_document(&page.html);
        let part = |selector: &str| {
            let selector = Selector::parse(selector).unwrap();
            let lines = html.select(&selector).flat_map(lines_of);
            lines.map(|line| steady(&line, page)).collect()
        };
        let mut main: Vec<String> = part("title");
        main.extend(part("body > :not(header, footer)"));
        Self { header: part("body > header"), main, footer: part("body > footer") }
    }
}

fn lines_of(element: ElementRef<'_>) -> Vec<String> {
    let mut lines = Lines::default();
    lines.element(element);
    lines.end("");
    lines.done
}

#[derive(Default)]
struct Lines {
    done: Vec<String>,
    open: String,
}

impl Lines {
    fn element(&mut self, element: ElementRef<'_>) {
        let it = element.value();
        let silent = matches!(it.name(), "script" | "style" | "svg" | "meta" | "link")
            || it.attr("aria-hidden") == Some("true") && it.has_class("vh", CaseSensitivity::CaseSensitive);
        if silent || it.attr("hidden").is_some() || it.attr("type") == Some("hidden") {
            return;
        }
        if matches!(it.attr("type"), Some("checkbox" | "radio")) {
            self.open += if it.attr("checked").is_some() { "■ " } else { "□ " };
            return;
        }
        let inline = INLINE.contains(&it.name());
        if !inline {
            self.end("");
        }
        for (name, kind) in [("aria-label", "名称"), ("placeholder", "提示"), ("alt", "图片")] {
            if let Some(text) = it.attr(name) {
                self.done.push(format!("{kind}| {text}"));
            }
        }
        for child in element.children() {
            match child.value() {
                Node::Text(text) => self.open += text,
                Node::Element(_) => ElementRef::wrap(child).into_iter().for_each(|child| self.element(child)),
                _ => {}
            }
        }
        if !inline {
            self.end(kind(it.name()));
        }
    }

    /// Ends the line that is being read.
    fn end(&mut self, kind: &str) {
        let text = std::mem::take(&mut self.open).split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            self.done.push(format!("{kind}{text}"));
        }
    }
}

fn kind(element: &str) -> &'static str {
    match element {
        "title" => "标题| ",
        "h1" => "# ",
        "h2" => "## ",
        "h3" => "### ",
        "label" | "legend" => "填写| ",
        "button" => "按钮| ",
        "option" => "选项| ",
        "summary" => "展开| ",
        _ => "",
    }
}

/// The line without what is new each time.
fn steady(line: &str, page: &Page) -> String {
    let trace = page.header("x-request-id").unwrap_or("no trace");
    let version = format!("版本 {}", env!("CARGO_PKG_VERSION"));
    clockless(&line.replace(trace, "{编号}").replace(&version, "版本 {版本}"))
}

/// `10:41` and `10:41:30` become `{时间}`.
fn clockless(line: &str) -> String {
    let is_clock = |word: &str| {
        let parts: Vec<_> = word.split(':').collect();
        parts.len() > 1
            && parts.iter().all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut said = String::new();
    for run in line.split_inclusive(|c: char| !c.is_ascii_digit() && c != ':') {
        let word = run.trim_end_matches(|c: char| !c.is_ascii_digit() && c != ':');
        let rest = &run[word.len()..];
        said += if is_clock(word) { "{时间}" } else { word };
        said += rest;
    }
    said
}

/// The text of an SMS without its code.
pub fn without_code(text: &str) -> String {
    crate::harness::code_in(text).map_or_else(|| text.to_owned(), |code| text.replace(code, "{验证码}"))
}

/// Where two texts differ, with two lines before each difference; empty when they are the same.
pub fn difference(was: &str, is: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (was.lines().collect(), is.lines().collect());
    let same = common(&old, &new);
    let (mut shown, mut at_old, mut at_new) = (String::new(), 0, 0);
    for (of_old, of_new) in same.into_iter().chain([(old.len(), new.len())]) {
        if (at_old, at_new) != (of_old, of_new) {
            shown += &format!("@ line {}\n", at_new + 1);
            new[at_new.saturating_sub(2)..at_new].iter().for_each(|line| shown += &format!("  {line}\n"));
            old[at_old..of_old].iter().for_each(|line| shown += &format!("- {line}\n"));
            new[at_new..of_new].iter().for_each(|line| shown += &format!("+ {line}\n"));
        }
        (at_old, at_new) = (of_old + 1, of_new + 1);
    }
    shown
}

/// The longest run of lines that both have, by their places.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let mut best = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, line) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            best[i][j] =
                if line == other { best[i + 1][j + 1] + 1 } else { best[i + 1][j].max(best[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut places) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            places.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[i + 1][j] >= best[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    places
}

#[test]
fn a_page_is_read_in_its_order_without_what_is_hidden() {
    let html = "<p>一<b>二</b> 三</p><div hidden>不</div><label>名</label><input placeholder='请'>\
                <label><input type=radio checked>是</label><button>去</button>";
    let read = lines_of(Html::parse_fragment(html).root_element());
    assert_eq!(read, ["一二 三", "填写| 名", "提示| 请", "填写| ■ 是", "按钮| 去"]);
    assert_eq!(clockless("2026-11-21 10:41，10:41:30后 5:1 :"), "2026-11-21 {时间}，{时间}后 5:1 :");
}

#[test]
fn a_difference_shows_both_sides_and_where() {
    assert_eq!(difference("a\nb\nc", "a\nb\nc"), "");
    assert_eq!(
        difference("a\nb\nc\nd", "a\nb\nx\nd\ne"),
        "@ line 3\n  a\n  b\n- c\n+ x\n@ line 5\n  x\n  d\n+ e\n"
    );
}
