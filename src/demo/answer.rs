//! What a portal says when a sign-in does not end well: one page, one status, words without jargon.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Portal;
use super::openid::OpenIdError;
use super::verdict::Refusal;
use super::view::{Frame, TooLowPage, TroublePage, level_name};

/// Why a sign-in did not end in the portal.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("no sign-in under way for this state and browser")]
    UnknownState,
    #[error("the provider answered {0}")]
    Denied(String),
    #[error(transparent)]
    OpenId(#[from] OpenIdError),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

struct Words {
    status: StatusCode,
    heading: &'static str,
    text: &'static str,
}

impl Trouble {
    /// The page for the person; the cause goes to the log, once, here.
    pub(super) fn answer(&self, portal: &Portal) -> Response {
        tracing::warn!(client.id = %portal.settings().client_id, error = %self, "sign-in at a portal failed");
        let frame = Frame::of(portal.settings(), None);
        if let Self::Refused(Refusal::TooLow(current)) = self {
            let page = TooLowPage { frame, current: current.map(level_name) };
            return (StatusCode::FORBIDDEN, portal.render(&page)).into_response();
        }
        let words = self.words();
        let page = TroublePage { frame, heading: words.heading, text: words.text };
        (words.status, portal.render(&page)).into_response()
    }

    fn words(&self) -> Words {
        let (status, heading, text) = match self {
            Self::UnknownState => (
                StatusCode::BAD_REQUEST,
                "登录请求已失效",
                "这次登录已经用过、放置太久，或是从另一个浏览器发起的。请重新登录。",
            ),
            Self::Denied(error) => return denied(error),
            Self::OpenId(OpenIdError::Unavailable(_)) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "统一认证系统暂时不可用",
                "请稍后再试，您填写的内容不会丢失。",
            ),
            Self::OpenId(OpenIdError::Refused(_) | OpenIdError::IdToken(_)) => (
                StatusCode::BAD_GATEWAY,
                "登录没有完成",
                "统一认证系统的答复未通过核对，本系统没有让您登录。请重新登录。",
            ),
            Self::Refused(Refusal::WrongIssuer) => (
                StatusCode::BAD_REQUEST,
                "登录没有完成",
                "这个答复不是来自统一认证系统，本系统没有采用。请重新登录。",
            ),
            Self::Refused(_) => (StatusCode::FORBIDDEN, "登录时间过久", "为了您的账号安全，请重新登录。"),
        };
        Words { status, heading, text }
    }
}

/// The registered errors of RFC 6749 §4.1.2.1 and OpenID Connect Core §3.1.2.6; never the text that came with them.
fn denied(error: &str) -> Words {
    let (heading, text) = match error {
        "access_denied" => {
            ("登录已取消", "您没有同意登录，或没有完成所需的认证。本系统没有得到您的任何信息。")
        }
        "unmet_authentication_requirements" => ("认证未达到要求", "本次登录没有达到本系统要求的认证等级。"),
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            ("需要您本人操作", "统一认证系统需要您本人确认后才能登录。请重新登录。")
        }
        "temporarily_unavailable" | "server_error" => ("统一认证系统繁忙", "请稍后再试。"),
        _ => ("登录没有完成", "本系统与统一认证系统的对接出现问题，请稍后再试，或联系本系统的服务电话。"),
    };
    Words { status: StatusCode::FORBIDDEN, heading, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_has_its_own_words_and_never_the_providers_text() {
        let evil = "<b>请拨打 1234</b>";
        let troubles = [
            Trouble::UnknownState,
            Trouble::Denied("access_denied".into()),
            Trouble::Denied("interaction_required".into()),
            Trouble::Denied("temporarily_unavailable".into()),
            Trouble::Denied("unmet_authentication_requirements".into()),
            Trouble::Denied(evil.into()),
            Trouble::OpenId(OpenIdError::Unavailable(evil.into())),
            Trouble::OpenId(OpenIdError::IdToken(evil.into())),
            Trouble::Refused(Refusal::WrongIssuer),
            Trouble::Refused(Refusal::Stale),
        ];
        let mut texts = std::collections::BTreeSet::new();
        for trouble in &troubles {
            let words = trouble.words();
            assert!(!words.text.contains("1234") && !words.heading.contains("1234"));
            texts.insert(words.text);
        }
        assert_eq!(texts.len(), troubles.len());
    }
}
