# Around every page, and words that many pages use.

skip = Skip to the content
official = Official government site
official-how = How to tell
official-text = The address of this site is { $host }; compare it with the address bar. Our staff never call to ask for a password or a code.
sandbox = Test environment
sandbox-text = Banks and text messages are simulated; do not enter real data
display-nav = Language and display
elder-version = Large text
standard-version = Standard version
high-contrast = High contrast
account-nav = My account
site-nav = Site
sign-out = Sign out
menu = Menu
operator = Operated by:{" "}
organiser = Organised by:{" "}
support = Technical support:{" "}
site-id-code = Site code
version = Version
helpline-label = Help by telephone
helpline = Need help? Call
read-aloud = Read this page aloud
colon = :{" "}

tally-us = Sign-in
tally-signing-in = Signing in to
tally-registering = Registering for
tally-asks-data = Asks for your data

level-name-l1 = phone verified
level-name-l2 = identity verified
level-name-l3 = presence verified
level-name = { $level ->
    [L1] { level-name-l1 }
    [L3] { level-name-l3 }
   *[L2] { level-name-l2 }
}
level-number = { $level ->
    [L1] level 1
    [L3] level 3
   *[L2] level 2
}
level-badge = { $level ->
    [L1] Level 1 · { level-name-l1 }
    [L3] Level 3 · { level-name-l3 }
   *[L2] Level 2 · { level-name-l2 }
}
levels = Identity level

error-prefix = Error:{" "}
form-summary = { $n ->
    [one] Please correct { $n } entry
   *[other] Please correct { $n } entries
}
optional = (optional)
please-choose = Please choose
next = Next
previous = Back
cancel = Cancel
save = Save
agree = Agree
refuse = Refuse
return-to = Return to { $client }
back-home = Home
back-to-login = Back to sign-in
you-can = What you can do
trace-number = Reference
call-with-number = Call { $phone } and quote the reference on this page

captcha = Captcha
captcha-alt = Picture with characters; ask for another one or listen to it if you cannot read it
captcha-other = Another picture
captcha-audio = Listen
sms-get = Send code by SMS
sms-again = Send again
sms-code = SMS code
sms-sent = A code was sent to { $phone } and is valid for { sms-code-time }.{" "}
sms-delayed = The SMS service does not respond at present; the code to { $phone } may come late.{" "}
sms-resend-from = You can ask for another one from { $time }
sms-proved = This phone is verified: no further code is needed, unless you change the number.

username = Username
username-is = Username { $username }
password = Password
password-show = Show password
password-hide = Hide password
name = Name
id-type = Type of document
id-number = Document number
nationality = Nationality
valid-until = Valid until
sex = Sex
sex-male = Male
sex-female = Female
birthdate = Date of birth
phone = Mobile phone
email = E-mail
address = Address
bank = Bank
bank-account = Bank account number

id-type-cn-rid = Resident identity card
id-type-cn-hkm-permit = Mainland travel permit for Hong Kong and Macao residents
id-type-cn-tw-permit = Mainland travel permit for Taiwan residents
id-type-cn-hmt-rp = Residence permit for Hong Kong, Macao and Taiwan residents
id-type-cn-fpr = Foreign permanent resident ID card
id-type-passport = Passport
