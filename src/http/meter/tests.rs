use super::*;

fn line<'t>(text: &'t str, start: &str) -> &'t str {
    let value = text.lines().find_map(|line| line.strip_prefix(start));
    value.unwrap_or_else(|| panic!("no {start} in\n{text}")).trim()
}

#[test]
fn a_request_counts_under_its_route_and_its_outcome() {
    let meter = Meter::new("1.2.3");
    meter.watch("/token").end(StatusCode::OK, None);
    meter.watch("/token").end(StatusCode::BAD_REQUEST, Some(Reason("invalid_grant")));
    let text = meter.text();
    assert_eq!(line(&text, r#"menfu_http_requests_total{endpoint="/token",outcome="2xx"}"#), "1");
    assert_eq!(line(&text, r#"menfu_http_requests_total{endpoint="/token",outcome="4xx"}"#), "1");
    assert_eq!(line(&text, r#"menfu_http_refusals_total{endpoint="/token",error="invalid_grant"}"#), "1");
    assert_eq!(line(&text, r#"menfu_http_request_duration_seconds_count{endpoint="/token"}"#), "2");
    assert_eq!(line(&text, r#"menfu_build_info{version="1.2.3"}"#), "1");
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn a_caller_who_leaves_counts_too_and_is_served_no_more() {
    let meter = Meter::new("1");
    let watch = meter.watch("/authorize");
    assert_eq!(line(&meter.text(), "menfu_http_requests_in_flight "), "1");
    drop(watch);
    let text = meter.text();
    assert_eq!(line(&text, "menfu_http_requests_in_flight "), "0");
    assert_eq!(line(&text, r#"menfu_http_requests_total{endpoint="/authorize",outcome="left"}"#), "1");
}

#[test]
fn whatever_paths_a_stranger_thinks_of_there_are_no_more_lines() {
    let meter = Meter::new("1");
    meter.watch("/wp-login.php").end(StatusCode::NOT_FOUND, Some(Reason("not_found")));
    let before = meter.text().lines().count();
    for number in 0..1000 {
        let path = format!("/{number}/440399199205180246?client_id={number}\"\n# TYPE");
        meter.watch(&path).end(StatusCode::NOT_FOUND, Some(Reason("not_found")));
    }
    let text = meter.text();
    assert_eq!(text.lines().count(), before);
    assert_eq!(line(&text, r#"menfu_http_requests_total{endpoint="other",outcome="4xx"}"#), "1001");
    assert!(!text.contains("440399199205180246"));
}

#[test]
fn every_route_has_a_line_before_anybody_asks() {
    let text = Meter::new("1").text();
    for path in Path::ALL {
        // A route with a variable part needs a place in `Path::of` first.
        assert!(!path.as_str().contains('{'));
        assert_eq!(Path::of(path.as_str()), Some(*path));
        let of = format!(r#"menfu_http_requests_total{{endpoint="{}",outcome="5xx"}}"#, path.as_str());
        assert_eq!(line(&text, &of), "0");
    }
}

#[test]
fn what_came_of_it_is_counted_by_words_of_ours() {
    let meter = Meter::new("1");
    meter.sign_in(SignIn::Locked);
    meter.tokens(Grant::named("refresh_token"));
    meter.tokens(Grant::named("password\"} 1\n"));
    meter.call(Authority::of("backchannel_logout"), Call::Unreachable);
    meter.set(Figure::OutboxOldest, 12.5);
    let text = meter.text();
    assert_eq!(line(&text, r#"menfu_sign_ins_total{outcome="locked"}"#), "1");
    assert_eq!(line(&text, r#"menfu_tokens_total{grant="refresh_token"}"#), "1");
    assert_eq!(line(&text, r#"menfu_tokens_total{grant="other"}"#), "1");
    let calls = r#"menfu_authority_calls_total{authority="backchannel_logout",outcome="unreachable"}"#;
    assert_eq!(line(&text, calls), "1");
    assert_eq!(line(&text, "menfu_outbox_oldest_seconds "), "12.5");
}
