//! The simulators' two pages, for people who try the product: the banks' test data and the SMS received. No script.

use std::fmt::Write as _;

use super::{Account, Bank, Sms, Table};

/// The first page: what can be tried, by the very table that decides.
pub(super) fn index(table: &Table, unionpay: &Table) -> String {
    let mut body = String::from(INTRODUCTION);
    body.push_str("<h2>银行登记的持卡人</h2><p>四要素逐项比对：姓名、证件、手机号都一致才通过。</p>");
    body.push_str(&grid(
        &["银行", "卡号", "姓名", "证件类型", "证件号码", "预留手机号"],
        table.accounts.iter().map(|a| holder(table, a)),
    ));
    body.push_str("<h2>按卡号选定结果</h2><p>卡号倒数第三、第二位决定结果，与姓名、证件、手机号无关；其他数字一律通过。</p>");
    body.push_str(&grid(
        &["两位数字", "结果", "含义"],
        table
            .outcomes
            .iter()
            .map(|row| vec![row.digits.clone(), row.result.as_str().to_owned(), row.meaning.clone()]),
    ));
    for bank in &table.banks {
        body.push_str(&cards(table, bank));
    }
    body.push_str("<h2>银联登记的持卡人</h2><p>银联按卡号识别发卡银行，比对同样的四要素。</p>");
    body.push_str(&grid(
        &["发卡银行", "卡号", "姓名", "证件类型", "证件号码", "预留手机号"],
        unionpay.accounts.iter().map(|a| holder(unionpay, a)),
    ));
    body.push_str("<h2>按卡号选定银联的结果</h2>");
    for bank in &unionpay.banks {
        body.push_str(&cards(unionpay, bank));
    }
    document("外部机构模拟器", None, &body)
}

fn holder(table: &Table, account: &Account) -> Vec<String> {
    let bank = table.find_bank(&account.bank).map_or(account.bank.clone(), |bank| bank.name.clone());
    [&bank, &account.card_no, &account.name, &account.id_type, &account.id_number, &account.phone]
        .map(Clone::clone)
        .into()
}

fn cards(table: &Table, bank: &Bank) -> String {
    let rows = table.outcomes.iter().filter_map(|row| {
        let card = table.card_for(&bank.code, row.result, 0)?;
        Some(vec![row.result.as_str().to_owned(), card])
    });
    let name = escape(&bank.name);
    let code = escape(&bank.code);
    format!("<details><summary>{name}（{code}）的测试卡</summary>{}</details>", grid(&["结果", "卡号"], rows))
}

/// The SMS received, newest first.
pub(super) fn sms(messages: &[Sms], phone: &str, refresh: Option<u16>) -> String {
    let phone = escape(phone);
    let mut body = format!(
        "<form action=\"/sms\"><label for=\"phone\">手机号</label> \
         <input id=\"phone\" name=\"phone\" inputmode=\"tel\" value=\"{phone}\"> <button>查看</button></form>"
    );
    let link = match refresh {
        Some(_) => format!("<p>正在自动刷新。<a href=\"/sms?phone={}\">停止</a></p>", encode(&phone)),
        None => format!("<p><a href=\"/sms?phone={}&amp;refresh=3\">每 3 秒自动刷新</a></p>", encode(&phone)),
    };
    body.push_str(&link);
    if messages.is_empty() {
        body.push_str("<p>还没有收到短信。</p>");
    }
    messages.iter().for_each(|sms| body.push_str(&article(sms)));
    document("短信网关：已收到的短信", refresh, &body)
}

fn article(sms: &Sms) -> String {
    let [phone, time, text] =
        [&sms.message.phone, &sms.received_at, &sms.message.text].map(|text| escape(text));
    format!(
        "<article><p class=\"meta\"><b>{phone}</b> <time>{time}</time></p><p class=\"text\">{text}</p></article>"
    )
}

fn grid(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let cells = |tag: &str, texts: &[String]| {
        texts.iter().fold(String::new(), |mut row, text| {
            let _ = write!(row, "<{tag}>{}</{tag}>", escape(text));
            row
        })
    };
    let heads: Vec<String> = heads.iter().map(|&text| text.to_owned()).collect();
    let rows: String = rows.map(|row| format!("<tr>{}</tr>", cells("td", &row))).collect();
    format!(
        "<div class=\"grid\"><table><thead><tr>{}</tr></thead><tbody>{rows}</tbody></table></div>",
        cells("th", &heads)
    )
}

fn document(title: &str, refresh: Option<u16>, body: &str) -> String {
    let refresh =
        refresh.map(|seconds| format!("<meta http-equiv=\"refresh\" content=\"{}\">", seconds.clamp(1, 60)));
    format!(
        "<!doctype html><html lang=\"zh-Hans\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{}<title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/style.css\"></head><body><header><p>测试环境 · 数据均为虚构</p>\
         <nav><a href=\"/\">测试数据</a> <a href=\"/sms\">短信</a></nav></header><main><h1>{title}</h1>{body}</main></body></html>",
        refresh.unwrap_or_default()
    )
}

fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut safe, c| {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
        safe
    })
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

const INTRODUCTION: &str = "<p>这里模拟银行四要素核验、银联实名认证与短信网关，供试用与测试。人员、证件、手机号与卡号全部虚构，只有校验位是对的。</p>\
<p>收到的短信见<a href=\"/sms\">短信</a>页。调用次数见 <code>GET /calls</code>；让某个服务变慢或停机：\
<code>POST /control {\"service\":\"bank\",\"mode\":\"unavailable\",\"slow_ms\":0,\"times\":1}</code>，\
<code>mode</code> 可为 <code>up</code>、<code>unavailable</code>、<code>refuse</code>、<code>hang_up</code>、<code>rubbish</code>，<code>service</code> 可为 <code>bank</code>、<code>unionpay</code>、<code>sms</code>；\
<code>POST /control/reset</code> 恢复原状。</p>";

#[cfg(test)]
mod tests {
    use super::super::{SendRequest, Tables};
    use super::*;

    #[test]
    fn text_of_messages_cannot_become_markup() {
        let text = "<script>alert('x')</script>&\"".to_owned();
        let message = SendRequest {
            message_id: "1".into(),
            phone: "1".into(),
            sign: "s".into(),
            template: "T1".into(),
            text,
        };
        let page = sms(&[Sms { message, received_at: "now".into() }], "\"><b>", None);
        assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"));
        assert!(page.contains("value=\"&quot;&gt;&lt;b&gt;\"") && !page.contains("\"><b>\""));
    }

    #[test]
    fn the_first_page_shows_every_bank_with_every_result_and_every_holder() {
        let table = Table::embedded().unwrap();
        let page = index(&table, &Tables::embedded().unwrap().unionpay);
        for bank in &table.banks {
            for row in &table.outcomes {
                let card = table.card_for(&bank.code, row.result, 0).unwrap();
                assert!(page.contains(&card), "{} {card}", bank.code);
            }
        }
        assert!(
            table
                .accounts
                .iter()
                .all(|account| page.contains(&account.card_no) && page.contains(&account.name))
        );
    }

    #[test]
    fn the_sms_page_refreshes_itself_only_when_asked() {
        assert!(!sms(&[], "", None).contains("http-equiv"));
        assert!(sms(&[], "", Some(3)).contains("<meta http-equiv=\"refresh\" content=\"3\">"));
        assert!(sms(&[], "", Some(0)).contains("content=\"1\""));
    }
}
