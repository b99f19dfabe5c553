# Short messages (pages.md §6.4). `sign` is the policy's signature.

sms-text-code = 【{ $sign }】Code { $code } for { $purpose }, valid { $minutes } minutes. Do not share it.
sms-text-username = 【{ $sign }】Your username is { $username }. Keep it safe.
sms-text-password-changed = 【{ $sign }】The password of your account { $username } was changed and all devices are signed out. If this was not you, open { $link } within { $hours } hours to disable that password.
sms-text-phone-changed = 【{ $sign }】The phone of your account { $username } is now { $phone }. If this was not you, open { $link } within { $hours } hours to undo it.
sms-text-level-expiring = 【{ $sign }】The real-name verification of your account { $username } is valid until { $date }; after that your level falls. Please sign in and verify again before.
sms-text-identity-displaced = 【{ $sign }】The ID number entered for your account { $username } was proved by its holder with a bank card. Please enter your own document at your next sign-in, or contact us.
sms-text-verified = 【{ $sign }】Your real-name verification succeeded: { level-number }.
sms-text-not-verified = 【{ $sign }】Your real-name verification failed. Please sign in to see why and try again.
sms-text-sign-in-attack = 【{ $sign }】Too many wrong passwords for your account { $username }: password sign-in from unknown devices is paused. If this was not you, change your password soon.
sms-text-phone-taken = [{ $sign }] This is now the registered phone of account { $username }. If this was not you, contact the administrator.
sms-text-phone-restored = [{ $sign }] The change of phone of account { $username } was undone. All devices are signed out and a password set since then no longer works. Reset the password to sign in.

sms-purpose-registration = registration
sms-purpose-bank-verification = bank card verification
sms-purpose-unionpay-verification = UnionPay verification
sms-purpose-sign-in = sign-in
sms-purpose-second-factor = sign-in, second step
sms-purpose-change-phone = changing your phone
sms-purpose-find-name = finding your username
sms-purpose-reset-password = setting a new password

sms-text-questions-changed = 【{ $sign }】The security questions of your account { $username } were changed. If this was not you, open { $link } within { $hours } hours to undo it.
sms-text-questions-attack = 【{ $sign }】Somebody gave wrong answers to the security questions of your account { $username } several times; they are closed for 24 hours. If this was not you, sign in and set new questions.

sms-text-new-device = 【{ $sign }】Your account { $username } was signed in to on a new device at { $time }. If this was not you, open { $link } within { $hours } hours to end it.
