//! The `shenzhen` profile: the words of the bureau's manuals (S0, S1) stand where the manuals say.

use menfu::kernel::Locale;

use crate::harness::{Plan, house_of};
use crate::profiles::{everywhere, squeezed, words};

/// The manuals' words by the page that shows them.
const MANUALS: &[(&str, &[&str])] = &[
    ("login", &["用户名", "密码", "登录", "忘记用户名？", "忘记密码？", "个人注册"]),
    ("login", &["请谨慎输入用户名和密码，密码连续错误5次后账号将被锁定1小时"]),
    (
        "register",
        &["须通过银行实名认证，认证通过才可以注册成功", "银行借记卡或金融社保卡，须在银行预留手机号"],
    ),
    ("P1", &["填写登录信息", "用户名", "密码", "确认密码", "下一步"]),
    ("P1 format", &["用户名应为5-20位，可以使用大小写字母、数字和下划线，且应该以字母开始"]),
    ("P1 taken", &["用户名已被使用"]),
    ("P2", &["填写身份信息", "姓名", "证件类型", "证件号", "性别", "出生日期", "下一步"]),
    ("P2", &["需与银行留存信息保持一致"]),
    ("P2 taken", &["证件已被使用", "忘记用户名？"]),
    ("P3", &["填写验证信息", "银行账号", "手机号码", "发送短信验证", "下一步", "上一步"]),
    ("P3", &["任一借记卡（非信用卡）或深圳金融社保卡", "仅用于校验身份，不用作其他用途"]),
    ("P3", &["请先到任一支持的银行开立借记卡并预留手机号"]),
    ("P3 identity", &["人员姓名或证件类型或证件号与银行登记不匹配"]),
    ("P3 identity", &["请确认该银行卡在银行登记的人员信息是您本人的身份信息"]),
    ("P3 phone", &["手机号与银行预留手机号不一致，请更换银行卡验证或去对应银行网点修改预留手机号"]),
    ("P4", &["注册成功", "请关闭本页面，返回业务系统，用新的用户名和密码登录"]),
    ("banks", &["注册随时可以办理，不必等待考试报名开始，建议尽早注册"]),
    ("banks", &["请联系深圳市考试院，电话0755-88100099，邮箱ksykwb@hrss.sz.gov.cn"]),
    ("profile", &["用户名", "姓名", "证件类型", "证件号码", "银行", "银行账号", "手机号码"]),
];

#[tokio::test]
async fn the_words_of_the_manuals_stand_on_their_pages() {
    house_of(Plan::profile("shenzhen"), async |house| {
        let walk = everywhere(house, Locale::ZhHans).await;
        for (name, expected) in MANUALS {
            let read = words(walk.page(name));
            for text in *expected {
                assert!(read.contains(&squeezed(text)), "{name}: no {text} in {read}");
            }
        }
        for (name, forward) in [("P1", "下一步"), ("P2", "下一步 上一步"), ("P3", "下一步 上一步")]
        {
            assert_eq!(walk.page(name).texts_of("main form > .btns button").join(" "), forward, "{name}");
        }
        for page in walk.all() {
            page.hides("稍后认证");
        }
    })
    .await;
}
