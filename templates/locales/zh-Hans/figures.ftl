# Figures of the policy, which puts its own in the place of these.

-days = { $n }天
-hours = { $n }小时
-minutes = { $n }分钟
-seconds = { $n }秒
username-min = 5
username-max = 20
password-min = 8
password-max = 30
keyboard-run-max = 4
lockout-times = 5
lockout-time = { -hours(n: 1) }
sms-code-time = { -minutes(n: 5) }
