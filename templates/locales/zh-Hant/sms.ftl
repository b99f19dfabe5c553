# Short messages (pages.md §6.4). `sign` is the policy's signature.

sms-text-code = 【{ $sign }】驗證碼{ $code }，用於{ $purpose }，{ $minutes }分鐘內有效，請勿洩露。
sms-text-username = 【{ $sign }】您的登錄帳號為{ $username }，請妥善保管。
sms-text-password-changed = 【{ $sign }】您的帳號{ $username }的密碼已修改，所有設備均已退出登錄。如非本人操作，請在{ $hours }小時內打開{ $link }停用該密碼。
sms-text-phone-changed = 【{ $sign }】您的帳號{ $username }綁定的手機號已變更為{ $phone }。如非本人操作，請在{ $hours }小時內打開{ $link }撤銷。
sms-text-level-expiring = 【{ $sign }】您的帳號{ $username }的實名認證有效期至{ $date }，到期後實名等級將降低。請提前登錄，在「認證中心」重新認證。
sms-text-identity-displaced = 【{ $sign }】您的帳號{ $username }登記的證件號碼已由其本人通過銀行卡認證，該帳號下次登錄時請重新填寫本人證件。如有疑問請聯繫管理員。
sms-text-verified = 【{ $sign }】您的實名認證已通過，實名等級為{ level-number }。
sms-text-not-verified = 【{ $sign }】您的實名認證未通過，請登錄後查看原因並重試。
sms-text-sign-in-attack = 【{ $sign }】您的帳號{ $username }密碼錯誤次數過多，已暫停在陌生設備上使用密碼登錄。如非本人操作，請儘快修改密碼。
sms-text-phone-taken = 【{ $sign }】此手機號已成為帳號{ $username }的註冊手機號。如非本人操作，請聯繫管理員。
sms-text-phone-restored = 【{ $sign }】帳號{ $username }的手機號變更已撤銷，所有設備均已退出登錄，變更後設置的密碼已作廢。請用密碼找回重新設置密碼。

sms-purpose-registration = 註冊帳號
sms-purpose-bank-verification = 銀行卡實名認證
sms-purpose-unionpay-verification = 銀聯實名認證
sms-purpose-sign-in = 登錄
sms-purpose-second-factor = 登錄二次驗證
sms-purpose-change-phone = 變更手機號
sms-purpose-find-name = 找回用戶名
sms-purpose-reset-password = 找回密碼

sms-text-questions-changed = 【{ $sign }】您的帳號{ $username }的密保問題已變更。如非本人操作，請在{ $hours }小時內打開{ $link }撤銷。
sms-text-questions-attack = 【{ $sign }】有人多次答錯您的帳號{ $username }的密保問題，該找回方式已暫停24小時。如非本人操作，請登錄後重新設置密保問題。

sms-text-new-device = 【{ $sign }】您的帳號{ $username }於{ $time }在新設備上登錄。如非本人操作，請在{ $hours }小時內打開{ $link }退出並停用密碼。
