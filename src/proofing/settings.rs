//! Where the outside authorities are.

use crate::storage::authority;

/// Each by itself; one that is not configured is not offered.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The bank verification platform (联网银行信息核验平台, S1-02).
    pub bank: Option<authority::Settings>,
    /// 银联实名认证 (S3-02).
    pub unionpay: Option<authority::Settings>,
}
