# The registration wizard and the bank check.

register = Register
register-title = Register as a person
register-heading = { register-title }
register-from = For “{ $client }”, to which you return afterwards
register-start-text = One account signs you in to all connected services.
register-person-text = For matters of your own
register-needs = What you need
register-needs-document = Your own valid identity document
register-needs-phone = A mobile phone that receives messages
register-needs-card = A bank debit card or financial social-security card with a phone reserved at the bank ({ $link })
register-may-card = A bank debit card or financial social-security card to verify your identity, now or later ({ $link })
has-account = Already registered?{" "}
go-login = Sign in

steps-label = Progress
steps-here = Step { $at } of { $of }:{" "}
steps-done = Done:{" "}
step-login = Login data
step-identity = Identity
step-verify = Verification
step-done = Registered

username-hint = The name of your personal account, chosen freely; needed later to register a unit
password-confirm = Confirm password
password-rules = Rules for the password
password-rule-length = { $min }–{ $max } characters
password-rule-lower = has a lower-case letter
password-rule-digit = has a digit
password-rule-upper = has an upper-case letter
password-rule-special = has a special character
password-rule-run = no more than { $max } neighbouring keys in a row, as in 12345
rule-met = Met:{" "}
rule-unmet = Not met:{" "}
agree-terms = I have read and agree to the { $terms } and the { $privacy }
terms-quoted = terms of service
privacy-quoted = privacy policy

name-hint = As on the document
nationality-hint = The three letters of the country on the document, like JPN or KOR
valid-until-hint = As on the document, like 2030-12-31; 长期 if it has no end
birthdate-hint = Like 1990-03-07
derived-hint = Sex and date of birth follow from the number; no need to enter them.
taken-title = Is this document yours?
taken-text = If you registered it, recover your account. If someone else did, it becomes yours when the bank confirms.
taken-claim = It is me, verify by bank card

claim-notice = This document is registered already. Verify with your own bank card: it then becomes yours, and the other account is told by SMS.
verify-subject = Verifying { $person }, { $type } { $number }
verify-choice = Identity verification
verify-now = Verify now by bank card
verify-now-text = About 2 minutes; gives level 2, enough for most services
verify-later = Verify later
verify-later-text = Only proves your phone and gives level 1; some services ask for more
verify-later-asked = “{ $client }” asks for { level-number }; you will have to verify before you can enter it
verify-submit = Submit
verify-next = { verify-submit }
phone-hint-bank = Must be the phone reserved at the bank
phone-hint-choice = For the bank check it must be the phone reserved at the bank
email-hint = For notices
bank-account-hint = Debit or financial social-security card, no credit card. Used only to verify your identity; the full number is not kept
bankname = Name at the bank
bankname-fold = Rare characters in your name?
bankname-hint = Exactly as the bank has it, for example in pinyin or with a similar character
bank-consent = I agree separately that name, document number, account number and phone are sent to the bank for verification
bank-consent-text = Account numbers are sensitive data; yours is deleted after the check, except the bank's name and the last four digits
unionpay-card = Card number
unionpay-card-hint = Any UnionPay debit card with a phone reserved at the bank. Used only to check your identity; the full number is not kept
unionpay-consent = I agree separately that name, document number, card number and phone are sent to China UnionPay for verification
unionpay-submit = Verify
phone-hint-only = For the code and for results
verify-down-later = You can register now by choosing to verify later.

waiting-title = { $method ->
    [unionpay] Waiting for UnionPay
   *[bank] Waiting for the bank
}
waiting-text = { $method ->
    [unionpay] UnionPay has not answered yet. This page reloads every { $seconds } seconds; usually it takes less than a minute.
   *[bank] The bank has not answered yet. This page reloads every { $seconds } seconds; usually it takes less than a minute.
}
waiting-ahead = { $count } people wait before you. This page reloads every { $seconds } seconds; there is no need to submit again.
waiting-retrying = { $method ->
    [unionpay] UnionPay is busy and is being asked again; this is not counted as a failure. This page reloads every { $seconds } seconds.
   *[bank] The bank system is busy and is being asked again; this is not counted as a failure. This page reloads every { $seconds } seconds.
}
waiting-leave-registering = You may leave this page. The result goes to { $phone } by SMS, and you can come back with this browser.
waiting-leave = You may leave this page. The result goes to { $phone } by SMS and stands in the verification centre.
waiting-leave-recovering = You may leave this page. The result is also sent by SMS to { $phone }, and you can come back in this browser to go on.
waiting-now = Reload now

done-title = You are registered
done-back = Now you can go on at { $client }.
done-close = Close this page, return to the service and sign in with your new username and password.
done-signed-in = You are signed in.
done-sign-in = Sign in with your new username and password.
go-account = To my account
verify-at-once = Verify now

guide = Guide
guide-register = Guide to registration
guide-register-text = Registration takes the four steps below. Going back to a step keeps what you have filled in.
guide-call = More questions? Call
guide-kinds = What is the difference between personal and unit accounts?
guide-kinds-text = A personal account is for matters of your own; a unit account is for matters of enterprises and other units.
guide-id-taken = “This ID is already registered”?
guide-id-taken-text = Check the number, or see “{ $link }”; you can also call the number at the foot of the page.
guide-phone-taken = “Phone number already in use”?
guide-phone-taken-text = Register with another phone, or call the number at the foot of the page.
guide-username = What may the username be?
guide-username-text = { username-min }–{ username-max } letters, digits or underscores, starting with a letter.
guide-password = What may the password be?
guide-password-text = { password-min }–{ password-max } characters with upper case, lower case and digits, and no more than { keyboard-run-max } neighbouring keys in a row.
guide-claim = Someone else registered my document
guide-claim-text = Choose “It is me, verify by bank card”. When the bank confirms, the document belongs to your new account and the other one loses it.
guide-rare-name = My name has rare characters
guide-rare-name-text = Enter it as on the document. For the bank check you can add the name as the bank has it; it must be the same as there.
guide-why-document = Why do you ask for a document?
guide-why-document-text = A person has one account only; the number tells accounts apart and gives them back. It is stored encrypted and passed only to services you agree to.
guide-why-bank = Why a bank card?
guide-why-bank-text = The bank has seen you in person. We ask it whether name, document number, account number and phone belong together; that gives level 2.
guide-why-unionpay = How does UnionPay verify me?
guide-why-unionpay-text = We compare name and document of your account with card number and reserved phone at China UnionPay. If they agree you are verified at level 2. Name and document come from your account.
guide-unionpay-documents = Which documents work?
guide-unionpay-documents-text = Resident ID, permits of Hong Kong, Macao and Taiwan residents, and residence permits: the one that the bank has for the card.
guide-id-mismatch = “Does not match the bank's record”?
guide-id-mismatch-text = Go back and check name, type and number of the document. If they are right, make sure that the card is your own, or use another one.
guide-id-mismatch-account = Name, document type and number are those of your account. Make sure that the card is registered at the bank to you, or use another card.
guide-phone-mismatch = “The phone is not the one reserved at the bank”?
guide-phone-mismatch-text = Use another card, or change the reserved phone at a branch of the bank.
guide-no-card = I have no bank card
guide-no-card-later = Choose “Verify later” to register now, and verify when you have a card.
guide-no-card-required = Open a debit card at any supported bank, with your phone on record there, then register.
guide-banks = Which banks are supported?
guide-banks-text = See { $link }.
guide-one-account = Where can I use this account?
guide-one-account-text = At all services connected to this sign-in.
guide-keep-safe = How do I keep it safe?
guide-keep-safe-text = Tell nobody your password or codes. Our staff never ask for them.

banks-title = Supported banks
banks-text = Any debit card (no credit card) or financial social-security card of these banks can verify your identity; a phone must be reserved at the bank.
banks-none = No card of these banks
banks-none-text = Open a debit account with a reserved phone at any of these banks first.
banks-mismatch = The data does not match the bank's record
banks-mismatch-1 = Check what you entered
banks-mismatch-2 = Try another card
banks-mismatch-3 = Have the record checked or changed at the bank
banks-mismatch-4 = If it still fails, call { $phone }

done-questions = Set security questions
done-questions-text = We advise you to set 3 security questions now: they help you when you forget your password.
