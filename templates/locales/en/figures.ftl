# Figures of the policy, which puts its own in the place of these.

-days = { $n ->
    [one] 1 day
   *[other] { $n } days
}
-hours = { $n ->
    [one] 1 hour
   *[other] { $n } hours
}
-minutes = { $n ->
    [one] 1 minute
   *[other] { $n } minutes
}
-seconds = { $n ->
    [one] 1 second
   *[other] { $n } seconds
}
username-min = 5
username-max = 20
password-min = 8
password-max = 30
keyboard-run-max = 4
lockout-times = 5
lockout-time = { -hours(n: 1) }
sms-code-time = { -minutes(n: 5) }
