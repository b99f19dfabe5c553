# What the product answers (pages.md §6.4, domain.md §2.1). Keys are those of the requirements.

E_REQUIRED = 请填写{ $field }
E_AGREE = 请阅读并同意服务协议和隐私政策
E_BANK_CONSENT = 请阅读并单独同意将信息提交银行核验
E_UNIONPAY_CONSENT = 请阅读并单独同意将信息提交中国银联核验
E_CAPTCHA = 验证码错误或已过期，请重新输入
E_USERNAME_FORMAT = 登录账号应为{ username-min }-{ username-max }位，可以使用大小写字母、数字和下划线，且应该以字母开始
E_USERNAME_TAKEN = 用户名已被使用
I_USERNAME_FREE = 该用户名可以使用
E_PASSWORD_FORMAT = 密码应为{ password-min }-{ password-max }位，且必须包含大写字母、小写字母和数字，同时不能在键盘上连续超过{ keyboard-run-max }个字符
E_PASSWORD_WEAK = 密码过于简单或包含个人信息，请更换
E_PASSWORD_CONFIRM = 两次输入的密码不一致
E_PASSWORD_SAME = 修改后的新密码不能与原密码一致
E_PASSWORD_OLD = 原密码错误
E_LOGIN = 用户名或者密码错误，连续错误{ lockout-times }次后账号将被锁定{ lockout-time }，您还可以尝试{ $n }次
E_LOCKED = 密码连续错误{ lockout-times }次，账号已锁定{ lockout-time }，请于{ $time }后重试或找回密码
E_ACCOUNT_DISABLED = 账号已停用，请联系管理员（{ $phone }）
E_NAME_FORMAT = 姓名格式不正确，请与证件保持一致
E_NAME_PUA = 姓名中含有系统无法识别的字符，请使用国家标准字库输入，或与银行登记的写法保持一致
E_ID_TYPE = 请选择证件类型
E_ID_FORMAT = 证件号码格式不正确，请核对
E_ID_CHECK = 证件号码校验不通过，请核对
E_ID_BIRTH_MISMATCH = 出生日期与证件号码不一致
E_ID_SEX_MISMATCH = 性别与证件号码不一致
I_ID_TYPE_SWITCHED = 您填写的是{ $type ->
    [CN_HKM_PERMIT] { id-type-cn-hkm-permit }
    [CN_TW_PERMIT] { id-type-cn-tw-permit }
    [CN_HMT_RP] { id-type-cn-hmt-rp }
    [CN_FPR] { id-type-cn-fpr }
    [PASSPORT] { id-type-passport }
   *[CN_RID] { id-type-cn-rid }
}号码，已为您切换证件类型
E_ID_EXPIRED = 证件已过有效期，请更换证件后再办理
E_ID_TAKEN_PERSON = 自然人证件号码已被使用，请核对；如已注册请找回账号
E_UNDER_AGE = 未满{ $age }周岁请由监护人到窗口办理
E_NATIONALITY = 国籍或地区填写不正确
E_DATE_FORMAT = 日期格式不正确，请按2030-12-31的格式填写
E_PHONE_FORMAT = 手机号码格式不正确
E_PHONE_TAKEN = 手机号已被占用，您可以更换其他手机号进行注册，或拨打网站底部联系电话进行核对
E_EMAIL_FORMAT = 电子邮箱格式不正确
E_SMS_CODE = 短信验证码错误或已过期
E_SMS_TOO_FAST = 发送过于频繁，请{ $n }秒后再试
E_SMS_LIMIT = 今日短信次数已达上限
E_BANK = 请选择银行
E_CARD_NO = 银行账号应为16-19位数字，请核对
E_PERSON_LEVEL = 当前账号实名等级不足，请至少提升至{ $level ->
    [L1] 一级
    [L3] 三级
   *[L2] 二级
}实名后重试
E_FLOW_EXPIRED = 页面已过期，请重新开始
E_RATE = 操作过于频繁，请稍后再试
E_SYSTEM = 系统繁忙，请稍后再试

# The bank's answers.
BANK_OK = 实名认证通过
BANK_ID_MISMATCH = 人员姓名或证件类型或证件号与银行登记不匹配
BANK_PHONE_MISMATCH = 手机号与银行预留手机号不一致，请更换银行卡验证或去对应银行网点修改预留手机号
BANK_CARD_INVALID = 银行账号有误，请核对后重新输入
BANK_CARD_STATUS = 该银行卡状态异常（挂失、冻结、过期或未激活），请更换银行卡
BANK_CARD_NOT_DEBIT = 仅支持借记卡或金融社保卡，不支持信用卡
BANK_UNSUPPORTED = 暂不支持该银行，请使用支持列表中的银行卡
BANK_NO_RESERVED_PHONE = 该银行卡未预留手机号，请到银行网点办理
BANK_NOT_ENABLED = 该卡未开通无卡支付功能，请更换银行卡或到银行开通
BANK_ID_TYPE_UNSUPPORTED = 该证件类型暂不支持银行卡认证，请选择其他认证方式
BANK_LIMIT = 今日认证次数已达上限，请明日再试或更换银行卡
BANK_UNKNOWN = 暂时无法核验，请更换银行卡或选择其他认证方式
BANK_BUSY = 银行系统繁忙，请稍后再试（不计入失败次数）

# Of pages that belong to units, recovery and reviews.
E_PHONE_NOT_REGISTERED = 手机号码与注册时填写的不一致
E_UNIT_ID_TAKEN = 单位证件号码已经被使用
E_UNIT_CODE_FORMAT = 统一社会信用代码格式不正确（18位，不含字母I、O、Z、S、V）
E_UNIT_NAME = 请填写证照上的单位全称
E_OPERATOR_MISMATCH = 个人账号与证件号码不匹配
E_UNIT_LEVEL = 单位用户实名等级不足，最低实名等级为“{ $min }”级，请点击[确认]按钮按照引导提升实名等级
E_UNIT_NEEDS_USCC = 请使用统一社会信用代码注册的账号登录办理业务
E_UNIT_DUP_PERSON = [自然人用户信息]数据错误，请联系账号管理员注销一个账号
E_UNIT_NOT_VERIFIED = 您的单位尚未实名认证，认证前不能办理相关业务，是否立即认证？
I_UNIT_VERIFY_LATER = 您可稍后在【单位设置】-【认证中心】进行实名认证
E_BIND_NOT_FOUND = 未查到对应用户，请检查用户信息后重新发起绑定
E_BIND_EXISTS = 该个人已绑定本单位
E_BIND_SELF = 不能绑定本人
E_NO_SECURITY_Q = 未设置密保，不能通过密保问题找回密码
E_SECURITY_A = 密保答案不正确
E_FILE_SIZE = 图片应小于2MB
E_FILE_TYPE = 仅支持*.png,*.jpg,*.jpeg格式的图片
E_TICKET_OPEN = 您已有一个正在审核的申请（{ $no }）
I_REVIEW = 提交成功，管理员将在1-2个工作日内审核，审核结果以短信通知
I_CODE_DELAY = 激活码将以短信发送，收到短信4小时后生效
I_PWD_DELAY = 重置密码将以短信发送，收到短信4小时后生效
E_RECOVER_NO_ACCOUNT = 您的身份已核验，但该证件尚未注册账号，请先注册
E_RECOVER_NOT_PROVED = 您的身份已核验，但该证件登记的账号尚未实名认证。请在个人注册时选择“我是本人，用银行卡认证”，证件归您的新账号使用
E_RECOVER_OTHER_ACCOUNT = 您的身份已核验，但这个登录账号不是您的，请核对登录账号
E_RECOVER_FROZEN = 该账号的手机号变更刚被撤销，24小时内不能再次在线更换，请到人社服务窗口办理
E_PHONE_SAME = 新手机号码与原手机号码相同
E_PHONE_NONE = 您的账号没有手机号码，请在认证中心用银行卡认证新手机号码
E_PHONE_USED = 该手机号码是其他账号的注册手机。是您本人的，请用银行卡认证

E_SECURITY_LOCKED = 密保问题24小时内答错5次，该方式已暂停使用，请选择其他找回方式
E_QUESTION_SAME = 请选择3个不同的问题
E_ANSWER_LENGTH = 答案应为2-50个字
E_ANSWER_SAME = 3个答案不能相同
