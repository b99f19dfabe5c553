//! What holds for the markup of every page.

use std::collections::{BTreeMap, BTreeSet};

use menfu::kernel::Locale;
use scraper::{ElementRef, Html, Selector};

use super::{PAGES, Rendered};

fn all<'a>(html: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

type Check = fn(&Html, &Rendered) -> Result<(), String>;

/// All checks, so that each page is parsed once.
const CHECKS: [(&str, Check); 10] = [
    (
        "every page parses without errors has a title and one heading",
        every_page_parses_without_errors_has_a_title_and_one_heading,
    ),
    (
        "no page has inline styles scripts handlers or data addresses",
        no_page_has_inline_styles_scripts_handlers_or_data_addresses,
    ),
    ("every form is a post with the csrf token", every_form_is_a_post_with_the_csrf_token),
    ("every input has a label and every button words", every_input_has_a_label_and_every_button_words),
    (
        "ids are unique and whatever refers to one finds it",
        ids_are_unique_and_whatever_refers_to_one_finds_it,
    ),
    ("a page has at most one primary button", a_page_has_at_most_one_primary_button),
    ("the enter key goes on and asks for nothing else", the_enter_key_goes_on_and_asks_for_nothing_else),
    ("passwords and codes are never sent back", passwords_and_codes_are_never_sent_back),
    ("links within the site lead to routes that exist", links_within_the_site_lead_to_routes_that_exist),
    ("elder pages leave out what distracts", elder_pages_leave_out_what_distracts),
];

#[test]
fn the_markup_of_every_page_is_good() {
    let mut failures = BTreeMap::<String, Vec<&str>>::new();
    for page in PAGES.iter().filter(|page| page.locale == Locale::ZhHans || page.name.ends_with("full")) {
        let html = Html::parse_document(&page.html);
        for (rule, check) in CHECKS {
            if let Err(why) = check(&html, page) {
                failures.entry(format!("{rule}: {why}")).or_default().push(&page.name);
            }
        }
    }
    let report: Vec<_> =
        failures.iter().map(|(why, pages)| format!("{why}\n    on {}", pages.join(" "))).collect();
    assert!(report.is_empty(), "{}", report.join("\n"));
}

fn require(holds: bool, why: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why.into()) }
}

fn every_page_parses_without_errors_has_a_title_and_one_heading(
    html: &Html,
    _: &Rendered,
) -> Result<(), String> {
    require(html.errors.is_empty(), format!("{:?}", html.errors))?;
    let title = all(html, "title").first().map(|title| title.text().collect::<String>()).unwrap_or_default();
    require(title.trim().len() > 3 && !title.starts_with(" - "), format!("title {title:?}"))?;
    require(all(html, "h1").len() == 1, format!("{} h1", all(html, "h1").len()))?;
    require(all(html, "main#main").len() == 1, "no main")
}

fn no_page_has_inline_styles_scripts_handlers_or_data_addresses(
    html: &Html,
    page: &Rendered,
) -> Result<(), String> {
    require(all(html, "style").is_empty() && all(html, "[style]").is_empty(), "inline style")?;
    require(
        all(html, "script")
            .iter()
            .all(|script| script.attr("src").is_some() && script.inner_html().is_empty()),
        "inline script",
    )?;
    for element in all(html, "*") {
        let handler = element.value().attrs().find(|(name, _)| name.starts_with("on"));
        require(handler.is_none(), format!("{handler:?}"))?;
    }
    require(
        !page.html.contains("\"data:") && !page.html.contains("javascript:"),
        "data or javascript address",
    )
}

fn every_form_is_a_post_with_the_csrf_token(html: &Html, _: &Rendered) -> Result<(), String> {
    for form in all(html, "form") {
        // A search changes nothing, and may be kept as a bookmark.
        if form.attr("role") == Some("search") {
            let secret = Selector::parse("[type=hidden], [type=password]").unwrap();
            require(form.attr("method") == Some("get"), "a search is a GET")?;
            require(form.select(&secret).next().is_none(), "a secret in a search")?;
            continue;
        }
        require(form.attr("method") == Some("post"), "method")?;
        let token = Selector::parse("input[type=hidden][name=csrf]").unwrap();
        // The answer to a relying party goes elsewhere: our token must not go with it.
        if form.attr("data-answer").is_some() {
            require(form.select(&token).next().is_none(), "our token goes elsewhere")?;
            continue;
        }
        require(
            form.select(&token).filter(|input| input.attr("value") == Some("csrf-token")).count() == 1,
            "csrf",
        )?;
        let button = Selector::parse("button[name=do]").unwrap();
        require(form.select(&button).next().is_some(), "no button")?;
    }
    Ok(())
}

fn every_input_has_a_label_and_every_button_words(html: &Html, _: &Rendered) -> Result<(), String> {
    let labelled: BTreeSet<_> =
        all(html, "label[for]").iter().filter_map(|label| label.attr("for")).collect();
    for input in all(html, "input:not([type=hidden]), select, textarea") {
        let id = input.attr("id").unwrap_or_default();
        require(labelled.contains(id), format!("no label for {:?}", input.attr("name")))?;
        require(
            input.attr("autocomplete").is_some()
                || input.attr("type").is_some_and(|kind| kind == "checkbox" || kind == "radio"),
            format!("no autocomplete on {id}"),
        )?;
    }
    for control in all(html, "button, a[href], label, legend, h1, h2, h3, summary") {
        require(
            !control.text().collect::<String>().trim().is_empty(),
            format!("no words in {}", control.html()),
        )?;
    }
    require(all(html, "img").iter().all(|image| image.attr("alt").is_some()), "img without alt")
}

fn ids_are_unique_and_whatever_refers_to_one_finds_it(html: &Html, _: &Rendered) -> Result<(), String> {
    let ids: Vec<_> = all(html, "[id]").iter().filter_map(|element| element.attr("id")).collect();
    let known: BTreeSet<_> = ids.iter().copied().collect();
    require(ids.len() == known.len(), format!("ids twice: {ids:?}"))?;
    for attribute in ["for", "aria-describedby", "aria-labelledby"] {
        for element in all(html, &format!("[{attribute}]")) {
            for id in element.attr(attribute).unwrap_or_default().split(' ') {
                require(known.contains(id), format!("{attribute}={id}"))?;
            }
        }
    }
    for link in all(html, "a[href^='#']") {
        let target = link.attr("href").unwrap_or_default().trim_start_matches('#');
        require(known.contains(target), format!("#{target}"))?;
    }
    Ok(())
}

fn a_page_has_at_most_one_primary_button(html: &Html, _: &Rendered) -> Result<(), String> {
    let primary = all(html, "main .btn:not(.btn-quiet)").len();
    require(primary <= 1, format!("{primary} primary buttons"))
}

fn passwords_and_codes_are_never_sent_back(html: &Html, _: &Rendered) -> Result<(), String> {
    for input in all(html, "input[type=password], input[name=captcha], input[name=sms]") {
        require(input.attr("value").is_none(), format!("value in {:?}", input.attr("name")))?;
    }
    Ok(())
}

fn links_within_the_site_lead_to_routes_that_exist(html: &Html, _: &Rendered) -> Result<(), String> {
    let routes: BTreeSet<_> = menfu::http::url::Path::ALL.iter().map(|path| path.as_str()).collect();
    for link in all(html, "a[href^='/']") {
        let path = link.attr("href").unwrap_or_default().split('?').next().unwrap_or_default();
        require(routes.contains(path), format!("link to {path}"))?;
    }
    Ok(())
}

fn elder_pages_leave_out_what_distracts(html: &Html, page: &Rendered) -> Result<(), String> {
    if !page.name.ends_with("elder") {
        return Ok(());
    }
    require(all(html, "html[data-elder]").len() == 1, "not elder")?;
    require(
        all(html, ".strip [lang], .masthead nav[aria-label] a[href^='http']").is_empty(),
        "language or portal links",
    )?;
    require(all(html, ".helpline").len() == 1, "no help line")?;
    require(all(html, ".guide details[open]").is_empty(), "an open guide")
}

/// HTML, implicit submission: the enter key presses the first submit button of the form.
fn the_enter_key_goes_on_and_asks_for_nothing_else(html: &Html, _: &Rendered) -> Result<(), String> {
    let [typed, button] =
        ["input.input", "button[name=do]"].map(|selector| Selector::parse(selector).unwrap());
    let forms = all(html, "form:not([role=search])");
    for form in forms.into_iter().filter(|form| form.select(&typed).next().is_some()) {
        let first = form.select(&button).next().and_then(|button| button.attr("value"));
        require(first == Some("next"), format!("the enter key presses {first:?}"))?;
    }
    Ok(())
}
