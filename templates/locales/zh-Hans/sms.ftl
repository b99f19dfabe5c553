# Short messages (pages.md §6.4). `sign` is the policy's signature.

sms-text-code = 【{ $sign }】验证码{ $code }，用于{ $purpose }，{ $minutes }分钟内有效，请勿泄露。
sms-text-username = 【{ $sign }】您的登录账号为{ $username }，请妥善保管。
sms-text-password-changed = 【{ $sign }】您的账号{ $username }的密码已修改，所有设备均已退出登录。如非本人操作，请在{ $hours }小时内打开{ $link }停用该密码。
sms-text-phone-changed = 【{ $sign }】您的账号{ $username }绑定的手机号已变更为{ $phone }。如非本人操作，请在{ $hours }小时内打开{ $link }撤销。
sms-text-level-expiring = 【{ $sign }】您的账号{ $username }的实名认证有效期至{ $date }，到期后实名等级将降低。请提前登录，在“认证中心”重新认证。
sms-text-identity-displaced = 【{ $sign }】您的账号{ $username }登记的证件号码已由其本人通过银行卡认证，该账号下次登录时请重新填写本人证件。如有疑问请联系管理员。
sms-text-verified = 【{ $sign }】您的实名认证已通过，实名等级为{ level-number }。
sms-text-not-verified = 【{ $sign }】您的实名认证未通过，请登录后查看原因并重试。
sms-text-sign-in-attack = 【{ $sign }】您的账号{ $username }密码错误次数过多，已暂停在陌生设备上使用密码登录。如非本人操作，请尽快修改密码。
sms-text-phone-taken = 【{ $sign }】此手机号已成为账号{ $username }的注册手机号。如非本人操作，请联系管理员。
sms-text-phone-restored = 【{ $sign }】账号{ $username }的手机号变更已撤销，所有设备均已退出登录，变更后设置的密码已作废。请用密码找回重新设置密码。

sms-purpose-registration = 注册账号
sms-purpose-bank-verification = 银行卡实名认证
sms-purpose-unionpay-verification = 银联实名认证
sms-purpose-sign-in = 登录
sms-purpose-second-factor = 登录二次验证
sms-purpose-change-phone = 变更手机号
sms-purpose-find-name = 找回用户名
sms-purpose-reset-password = 找回密码

sms-text-questions-changed = 【{ $sign }】您的账号{ $username }的密保问题已变更。如非本人操作，请在{ $hours }小时内打开{ $link }撤销。
sms-text-questions-attack = 【{ $sign }】有人多次答错您的账号{ $username }的密保问题，该找回方式已暂停24小时。如非本人操作，请登录后重新设置密保问题。

sms-text-new-device = 【{ $sign }】您的账号{ $username }于{ $time }在新设备上登录。如非本人操作，请在{ $hours }小时内打开{ $link }退出并停用密码。
