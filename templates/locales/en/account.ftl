# The person centre.

account-title = My account
account-hello = Hello, { $person }
account-last-login = Last sign-in { $time }
account-todos = To do
account-no-todos = Nothing to do.
account-services = Services
menu-home = Home
menu-profile = My data
menu-verification = Verification
menu-password = Password
menu-phone = Phone
menu-sessions = Sign-in security
menu-apps = Authorised apps
todo-verify = Verify your identity
todo-verify-text = By bank card, about 2 minutes; enough for most services
todo-expired = Verify your identity again
todo-expired-text = Your verification has expired
todo-expiring = Your verification ends soon
todo-expiring-text = It is valid until { $date }; please verify again before
todo-capped = Prove your identity again
todo-capped-text = Your password was recovered; your level comes back when you have
verification-capped = Your password was set anew without proof of your identity. Until you complete one of the checks below again, only services of level 1 are open to you, and you cannot change your phone, name, security settings or consents, nor see your data in full.
go-verify = Verify

profile-title = My data
profile-text = Parts are hidden to protect you
not-set = Not set
not-verified = Not verified

verification-title = Verification centre
verification-text = The higher the level, the more services you can use
state-done = Done
state-open = Not done
state-expired = Expired
state-closed = Not available
verification-ends = Your verification is valid until { $date }; after that your level falls. Please verify again before.
verification-lapsed = Your verification ended on { $date } and no longer counts. The account still works; for services that need your real name please verify again.
verify-again = Verify again
verified-by = { $method }
verified-until = { $method }, valid until { $date }
level-open-text = { $level ->
    [L1] Proves your phone by SMS
    [L3] Proves your presence in person or by face
   *[L2] Compares name, document, card number and reserved phone with the bank
}
level-closed-text = This verification is not available here, and not needed now
evidence = Records
evidence-method = Method
evidence-at = Verified
evidence-until = Valid until
evidence-state = State
evidence-forever = no end
evidence-valid = Valid
evidence-failed = Failed
evidence-replaced = Replaced by a newer one
evidence-displaced = No longer yours

document-title = Enter your identity document
document-text = The document number of this account was claimed by its holder through the bank. Account and username stay yours. Please enter your own document.
guide-displaced = Why do I have to do this?
guide-displaced-text = A document belongs to the person who can prove it. If you think this is a mistake, bring your document to a service window.

password-change = Change password
password-change-text = All devices are signed out afterwards; sign in again with the new password.
password-old = Current password
password-new = New password
password-new-confirm = New password again
password-changed = Your password is changed
password-changed-text = Sign in with the new password.

sessions-title = Sign-in security
sessions-text = Where the account is signed in, and who signed in lately
sessions-live = Devices that are signed in
session-this = This device
session-other = Another device
session-times = Signed in { $begun }, last used { $seen }
session-end = Sign out
session-end-others = Sign out other devices
session-stranger = Some of this was not me
session-stranger-text = All devices are signed out. Change the password at once.
sign-ins = Sign-ins
sign-in-at = Time
sign-in-outcome = Result
sign-in-source = From
sign-in-good = Signed in
sign-in-wrong = Wrong password
sign-in-refused = Refused while locked
sign-in-locked = Locked
sign-in-stopped = Account disabled
sign-ins-none = No sign-ins yet.
sign-ins-older = Earlier

apps-title = Authorised apps
apps-text = You agreed to give data to these services. Once you withdraw, they get no more of it, and the next sign-in asks you again. The bureau’s own services are not listed.
apps-withdrawn = The authorisation was withdrawn
apps-capped = Your password was set anew without a proof of identity. Verify your identity in the verification centre before you withdraw an authorisation.
apps-list = Services that you authorised
apps-data = Data
apps-at = Authorised at
apps-withdraw = Withdraw
apps-none = You have authorised no service
list-comma = {", "}

edit-title = Change your details
edit-text = A change of name, bank account or phone is checked with the bank at that moment. If the bank says no, nothing changes.
edit-name = New name
edit-name-hint = Leave empty if the name stays. To change it, first have it changed at your bank with the documents that prove it
edit-password-hint = Your password, to confirm that it is you
edit-done = Your details were changed

menu-questions = Security questions
todo-questions = Set your security questions
todo-questions-text = Three questions help you to a new password when no SMS reaches you
go-questions = Set them
questions-title = Security questions
questions-text = Three questions whose answers only you know. They are checked together with your ID number when you forget your password.
questions-advice = Choose three different questions, and answers that others cannot easily find out. Upper and lower case are the same. The answers are not shown again.
question-number = Question { $n }
answer-number = Answer { $n }
questions-password-hint = Enter your password, so that we know it is you
questions-save = Save the questions
questions-set = Set
questions-since = Set on
questions-hidden = To protect your account, neither questions nor answers are shown. If you are not sure of the answers, set new ones.
questions-change = Set new ones
questions-clear = Remove the questions
questions-clear-text = Without security questions you cannot reset your password by them.
questions-done = Your security questions are set
questions-cleared = Your security questions are removed
questions-capped = Your password was set anew without proof of your identity. Verify your identity first, then set security questions.
question-class-teacher = What was the name of your class teacher in primary school?
question-childhood-friend = What was the name of your best childhood friend?
question-first-pet = What was the name of your first pet?
question-childhood-street = In which street or village did you live as a child?
question-first-employer = Who was your first employer?
question-first-superior = What was the name of your first superior?
question-childhood-book = Which book did you like best as a child?
question-mothers-dish = Which dish does your mother cook best?
question-first-journey = Where did your first long journey take you?
question-first-film = Which film did you first see in a cinema?
question-desk-mate = Who sat next to you in middle school?
question-school-song = Which song did you like best in your school days?
question-grandmother = What is the name of your mother’s mother?
