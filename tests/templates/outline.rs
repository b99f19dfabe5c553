//! What a screen reader says of each form, from its heading to its last button: `outlines.txt` has it for every state of every
//! page with a form. `MENFU_WRITE_OUTLINES=1` writes the file anew; whoever does it reads it.
//!
//! Names and descriptions are computed as browsers do it for this markup (Accessible Name and Description Computation 1.2, §4.3:
//! label, `aria-describedby`, text without what is `aria-hidden`).

use menfu::kernel::Locale;
use scraper::{ElementRef, Html, Selector};

use super::{PAGES, Rendered};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/templates/outlines.txt");
/// What is spoken of, in the order of the page.
const SPOKEN: &str = "h1, h2, h3, fieldset, [role=alert], [role=status], input, select, textarea, button";

#[test]
fn a_screen_reader_says_of_every_form_what_it_always_said() {
    let outlines: String = PAGES.iter().filter_map(outline).collect();
    if std::env::var_os("MENFU_WRITE_OUTLINES").is_some() {
        std::fs::write(FILE, &outlines).unwrap();
    }
    let known = std::fs::read_to_string(FILE).unwrap_or_default();
    let differ = |(known, now): (&str, &str)| (known != now).then(|| format!("- {known}\n+ {now}"));
    let first = known.lines().zip(outlines.lines()).find_map(differ);
    assert!(known == outlines, "{FILE} says something else, first:\n{}", first.unwrap_or_default());
}

/// None of a page without a form.
fn outline(page: &Rendered) -> Option<String> {
    if page.locale != Locale::ZhHans || !page.name.ends_with("-plain") {
        return None;
    }
    let html = Html::parse_document(&page.html);
    let main = html.select(&Selector::parse("main").unwrap()).next()?;
    main.select(&Selector::parse("form input:not([type=hidden]), form select").unwrap()).next()?;
    let spoken = Selector::parse(SPOKEN).unwrap();
    let lines: Vec<_> = main.select(&spoken).filter_map(|element| line(&html, element)).collect();
    let name = page.name.trim_end_matches("-zh-Hans-plain");
    Some(format!("== {name}\n{}\n\n", lines.join("\n")))
}

fn line(html: &Html, element: ElementRef<'_>) -> Option<String> {
    let value = element.value();
    if value.attr("aria-hidden") == Some("true") || value.attr("type") == Some("hidden") || is_hidden(element)
    {
        return None;
    }
    let text = said(element);
    Some(match (value.name(), value.attr("role")) {
        (_, Some("alert")) => format!("警告：{text}"),
        (_, Some("status")) => format!("提示：{text}"),
        ("h1", _) => format!("一级标题：{text}"),
        ("h2", _) => format!("二级标题：{text}"),
        ("h3", _) => format!("三级标题：{text}"),
        ("fieldset", _) => group(html, element),
        ("button", _) => format!("按钮：{text}"),
        ("select", _) => control(html, element, "列表"),
        _ => control(html, element, kind(value.attr("type"))),
    })
}

fn kind(of: Option<&str>) -> &'static str {
    match of {
        Some("checkbox") => "复选框",
        Some("radio") => "单选按钮",
        Some("password") => "密码框",
        _ => "编辑框",
    }
}

/// `编辑框：手机号码，必填，有误。须为银行预留手机号`
fn control(html: &Html, element: ElementRef<'_>, kind: &str) -> String {
    let value = element.value();
    let id = value.attr("id").unwrap_or_default();
    let name = by(html, &format!("label[for='{id}']"));
    let mut line = format!("{kind}：{name}");
    for (attribute, word) in [("required", "必填"), ("checked", "已选中")] {
        if value.attr(attribute).is_some() {
            line = format!("{line}，{word}");
        }
    }
    if value.attr("aria-invalid") == Some("true") {
        line += "，有误";
    }
    line + &description(html, element)
}

/// `分组：性别。错误：请填写性别`
fn group(html: &Html, element: ElementRef<'_>) -> String {
    let name = element.select(&Selector::parse("legend").unwrap()).next().map(said).unwrap_or_default();
    format!("分组：{name}{}", description(html, element))
}

fn description(html: &Html, element: ElementRef<'_>) -> String {
    let ids = element.value().attr("aria-describedby").unwrap_or_default().split_whitespace();
    ids.map(|id| format!("。{}", by(html, &format!("[id='{id}']")))).collect()
}

fn by(html: &Html, selector: &str) -> String {
    html.select(&Selector::parse(selector).unwrap()).next().map(said).unwrap_or_default()
}

/// Inside something that is not shown before a script shows it.
fn is_hidden(element: ElementRef<'_>) -> bool {
    let around = element.ancestors().filter_map(ElementRef::wrap);
    around.into_iter().any(|one| one.value().attr("hidden").is_some())
}

/// The text without what is hidden from a screen reader.
fn said(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    collect(element, &mut text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn collect(element: ElementRef<'_>, into: &mut String) {
    for child in element.children() {
        if let Some(text) = child.value().as_text() {
            into.push_str(text);
        }
        if let Some(inner) =
            ElementRef::wrap(child).filter(|inner| inner.value().attr("aria-hidden") != Some("true"))
        {
            into.push(' ');
            collect(inner, into);
        }
    }
}
