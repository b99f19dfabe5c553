# The registration wizard and the bank check.

register = 注册
register-title = 个人注册
register-heading = { register-title }
register-from = 从“{ $client }”发起，注册后将返回该系统
register-start-text = 注册一个账号，就可以登录所有接入的人社业务系统。
register-person-text = 可办理自然人业务
register-needs = 注册前请准备
register-needs-document = 您本人的有效身份证件
register-needs-phone = 能接收短信的手机
register-needs-card = 银行借记卡或金融社保卡，须在银行预留手机号（{ $link }）
register-may-card = 银行借记卡或金融社保卡，用于实名认证，也可以注册后再认证（{ $link }）
has-account = 已有账号？
go-login = 去登录

steps-label = 办理进度
steps-here = 第{ $at }步，共{ $of }步：
steps-done = 已完成：
step-login = 填写登录信息
step-identity = 填写身份信息
step-verify = 填写验证信息
step-done = 注册成功

username-hint = 用户名是个人账号，内容自定义填写，后续单位注册时用到
password-confirm = 确认密码
password-rules = 密码规则
password-rule-length = { $min }-{ $max }位
password-rule-lower = 包含小写字母
password-rule-digit = 包含数字
password-rule-upper = 包含大写字母
password-rule-special = 包含特殊字符
password-rule-run = 没有连续超过{ $max }个的键盘字符，如12345
rule-met = 已满足：
rule-unmet = 未满足：
agree-terms = 我已阅读并同意{ $terms }和{ $privacy }
terms-quoted = 《服务协议》
privacy-quoted = 《隐私政策》

name-hint = 请与证件保持一致
nationality-hint = 请填写证件上的三位国家代码，如JPN、KOR
valid-until-hint = 按证件填写，如2030-12-31；没有期限的填写“长期”
birthdate-hint = 如1990-03-07
derived-hint = 性别和出生日期由证件号码自动得出，不需要填写。
taken-title = 这个证件号码是您的吗？
taken-text = 如果是您本人注册的，请找回账号。如果被他人注册，银行核验通过后证件归您使用。
taken-claim = 我是本人，用银行卡认证

claim-notice = 该证件号码已被注册。请用您本人的银行卡认证，通过后证件归您使用，原账号将收到短信通知。
verify-subject = 核验对象：{ $person }，{ $type }{ $number }
verify-choice = 实名认证
verify-now = 现在用银行卡实名认证
verify-now-text = 约2分钟，完成后为二级实名，可办理大多数业务
verify-later = 稍后认证
verify-later-text = 只验证手机号，完成后为一级，部分业务需要先完成实名认证
verify-later-asked = “{ $client }”要求{ level-number }实名，选择稍后认证的，进入该系统前仍须完成认证
verify-submit = 提交
verify-next = { verify-submit }
phone-hint-bank = 须为银行预留手机号
phone-hint-choice = 用银行卡认证时，须为银行预留手机号
email-hint = 用于接收通知
bank-account-hint = 支持借记卡、金融社保卡，不支持信用卡。仅用于校验身份，不用作其他用途，不保存完整账号
bankname = 银行登记姓名
bankname-fold = 姓名有生僻字？
bankname-hint = 请与银行登记的写法保持一致，如拼音或相近字
bank-consent = 我单独同意将姓名、证件号码、银行账号和手机号码提交银行核验
bank-consent-text = 银行账号属于敏感个人信息，核验完成后即删除，只保留银行名称和末四位
unionpay-card = 银行卡号
unionpay-card-hint = 任一银联借记卡，须在银行预留手机号。仅用于校验身份，不用作其他用途，不保存完整卡号
unionpay-consent = 我单独同意将姓名、证件号码、银行卡号和手机号码提交中国银联核验
unionpay-submit = 认证
phone-hint-only = 用于接收验证码和办理结果
verify-down-later = 您可以先选择“稍后认证”完成注册。

waiting-title = { $method ->
    [unionpay] 正在等待银联核验
   *[bank] 正在等待银行核验
}
waiting-text = { $method ->
    [unionpay] 银联还没有答复。本页每{ $seconds }秒自动刷新一次，一般在1分钟内完成。
   *[bank] 银行还没有答复。本页每{ $seconds }秒自动刷新一次，一般在1分钟内完成。
}
waiting-ahead = 前面还有{ $count }人在排队核验。本页每{ $seconds }秒自动刷新一次，请不要重复提交。
waiting-retrying = { $method ->
    [unionpay] 银联系统繁忙，正在自动重试，不计入失败次数。本页每{ $seconds }秒自动刷新一次。
   *[bank] 银行系统繁忙，正在自动重试，不计入失败次数。本页每{ $seconds }秒自动刷新一次。
}
waiting-leave-registering = 您可以离开本页。结果将以短信发送至{ $phone }，在这个浏览器里可以回来继续注册。
waiting-leave = 您可以离开本页。结果将以短信发送至{ $phone }，也可以在认证中心查看。
waiting-leave-recovering = 您可以离开本页。结果将以短信发送至{ $phone }，在这个浏览器里可以回来继续。
waiting-now = 立即刷新

done-title = 注册成功
done-back = 现在可以返回{ $client }继续办理。
done-close = 请关闭本页面，返回业务系统，用新的用户名和密码登录。
done-signed-in = 您已登录，可以直接办理业务。
done-sign-in = 请用新的用户名和密码登录。
go-account = 进入个人中心
verify-at-once = 立即认证

guide = 操作指引
guide-register = 个人注册指引
guide-register-text = 注册分为以下四步。一步步填写即可，返回上一步不会丢失已填的内容。
guide-call = 仍有疑问，请拨打
guide-kinds = 个人注册、单位注册有什么区别？
guide-kinds-text = 注册个人账户：可办理自然人业务；注册单位账户：可办理企业、单位等业务。
guide-id-taken = 提示“证件号已存在”或“自然人证件号码已被使用”怎么办？
guide-id-taken-text = 请核对身份证号是否正确，或点击{ $link }；也可拨打网站底部联系电话进行咨询。
guide-phone-taken = 提示“手机号已被占用”怎么办？
guide-phone-taken-text = 您可以更换其他手机号进行注册，或拨打网站底部联系电话进行核对。
guide-username = 登录账号有什么要求？
guide-username-text = 登录账号应为{ username-min }-{ username-max }位，可以使用大小写字母、数字和下划线，且应该以字母开始。
guide-password = 密码有什么要求？
guide-password-text = 密码应为{ password-min }-{ password-max }位，且必须包含大写字母、小写字母和数字，同时不能在键盘上连续超过{ keyboard-run-max }个字符。
guide-claim = 证件号码被他人注册了怎么办？
guide-claim-text = 选择“我是本人，用银行卡认证”。银行核验通过后，证件归您的新账号使用，原账号不能再使用该证件。
guide-rare-name = 姓名有生僻字怎么办？
guide-rare-name-text = 请先按证件填写。用银行卡认证时，可另填银行登记的写法，生僻字须与银行留存信息保持一致。
guide-why-document = 为什么要填写身份证件？
guide-why-document-text = 一个人只能有一个账号，证件号码用来区分和找回账号。号码加密保存，只向您同意的业务系统提供。
guide-why-bank = 为什么需要银行卡？
guide-why-bank-text = 银行已当面核对过您的身份。我们向银行核对姓名、证件号码、银行账号和手机号码是否一致，即完成二级实名认证。
guide-why-unionpay = 银联实名认证怎样核验？
guide-why-unionpay-text = 我们向中国银联核对您账号中的姓名、证件号码与银行卡号、预留手机号是否一致，一致即完成二级实名认证。姓名和证件取自您的账号，不用再填。
guide-unionpay-documents = 可以用哪些证件？
guide-unionpay-documents-text = 居民身份证、港澳居民来往内地通行证、台湾居民来往大陆通行证、港澳台居民居住证等，以开卡时在银行登记的证件为准。
guide-id-mismatch = 提示人员信息与银行登记不匹配怎么办？
guide-id-mismatch-text = 请点击“上一步”核对姓名、证件类型和证件号码。信息无误的，请确认银行卡是您本人开立的，或更换一张银行卡。
guide-id-mismatch-account = 姓名、证件类型和证件号码以您的账号为准。请确认该银行卡在银行登记的人员信息是您本人的身份信息，或更换一张银行卡。
guide-phone-mismatch = 提示手机号与银行预留手机号不一致怎么办？
guide-phone-mismatch-text = 请更换银行卡验证，或去对应银行网点修改预留手机号。
guide-no-card = 没有银行卡怎么办？
guide-no-card-later = 可以选择“稍后认证”先完成注册，开立银行卡后再在认证中心认证。
guide-no-card-required = 请先到任一支持的银行开立借记卡并预留手机号，再注册。
guide-banks = 支持哪些银行？
guide-banks-text = 请查看{ $link }。
guide-one-account = 这个账号可以用在哪里？
guide-one-account-text = 一个账号可以登录所有接入统一认证的人社业务系统。
guide-keep-safe = 怎样保护账号？
guide-keep-safe-text = 不要把密码和短信验证码告诉任何人。工作人员不会向您索要。

banks-title = 支持的银行
banks-text = 以下银行的任一借记卡（非信用卡）或金融社保卡可用于实名认证，须在银行预留手机号。
banks-none = 没有这些银行的卡
banks-none-text = 请先到以上任一银行开立借记卡并预留手机号，再办理实名认证。
banks-mismatch = 信息与银行登记不匹配
banks-mismatch-1 = 核对填写的信息是否正确
banks-mismatch-2 = 换一张银行卡再试
banks-mismatch-3 = 到发卡银行核实或变更登记的信息
banks-mismatch-4 = 仍不能通过的，请拨打{ $phone }

done-questions = 设置密保问题
done-questions-text = 建议立即通过密保工具设置3个密保问题，忘记密码时可以用来找回。
