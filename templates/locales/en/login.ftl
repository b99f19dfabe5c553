# Signing in, the questions on the way, and signing out.

login-title = Sign in
login-tabs = Kind of account
login-person = Personal sign-in
login-warning = Enter username and password with care: after { lockout-times } wrong passwords in a row the account is locked for { lockout-time }!
username-login = Account
username-placeholder = Enter your account
password-placeholder = Enter your password
sign-in = Sign in
recover-link = Recover username or password here
no-account = No account yet?
about-site = About this site
door-title-1 = One account
door-title-2 = for all services
door-text = Register once, verify once. The bureau checks and keeps your identity data.

choose-title = You are signed in. Which account do you want to use?
choose-text = The service asks you to register, but this browser is signed in already.
choose-continue = Continue as { $person }
choose-register = Register a new account
choose-register-text = For someone else, or if this is not your account; this account is signed out when the registration ends
choose-which = The service asks you to choose an account.
choose-other = Use another account
choose-other-text = When you have signed in, this account is signed out

locked-title = Account locked
locked-wait = Sign in again after that time; until then even the right password is refused
locked-other-browser = If this was not you, someone is guessing your password: change it when the lock ends

recover-title = Recover username or password
recover-text = To keep others out, we check who you are before an account or password is given back.
recover-call = By telephone
recover-call-text = Call { $phone }; our staff never ask for a password or a code
recover-window = At a service window
recover-window-text = Bring your valid identity document to a human-resources service window
recover-claim = Someone else registered your document
recover-claim-text = Register and choose “It is me, verify by bank card”; when the bank confirms, the document belongs to your new account

raise-title = First you need to be { level-name }
raise-voluntary-title = Better be { level-name }
raise-voluntary = The service recommends { level-number }. You may go on without it; some matters may then be refused.
raise-ceiling = Your password was set anew without proof of your identity. To protect your account, please prove your identity again.
raise-unreachable-title = Identity level too low
raise-unreachable = This level cannot be reached on line here; please go to a service window.
level-current = Your level
level-required = Required
level-not-needed = Not needed now
methods = How to verify
method-bank = Bank card
method-bank-text = Compares name, document, card number and reserved phone with the bank
method-bank-time = about 2 minutes
method-unionpay = UnionPay
method-unionpay-text = Any UnionPay card; compares name, document, card number and reserved phone
method-unavailable = Unavailable at present
method-down = The verification system does not respond at present; nothing is counted.
method-down-later = Please try again later.
method-instead = Use instead: { $method }
method-sms = SMS code
raise-ok = Continue to verification
raise-skip = Not now
raise-cancel-to = Cancel and return to { $client }
raise-return = Afterwards you return to { $client } without signing in again.

consent-title = Consent
consent-operator = Operated by
consent-purpose = Purpose
consent-identity = Identity used
consent-person = { $person } (person)
consent-required = Required data
consent-optional = Optional data
consent-optional-text = You can sign in without ticking these
consent-no-preview = given at sign-in
consent-policy = How the service uses your data: see its { $link }.
consent-policy-link = privacy policy
claim-sub = Your number in that service
claim-profile = Name, sex, date of birth and other basic data
claim-id-number = Document number
claim-real-name = Name and identity level
claim-phone = Mobile phone
claim-email = E-mail
claim-address = Address

logout-title = Sign out
logout-question = Do you want to sign out?
logout-text = To use a service again you will have to sign in.
logout-from = { $client } asks whether you want to sign out here, too.
logout-portals = These services are signed out as well
logout-all = Sign out
logout-client = Only leave this service
logout-stay = Stay signed in
signed-out-title = You are signed out
signed-out-text = Close the browser if others use this computer.
signed-out-onward = The other services are being told. You then return to { $client }.
signed-out-client-title = You left the service
signed-out-client = You are still signed in here and can use other services.
signed-out-unreached = These services did not answer yet; we keep telling them:

form-post-title = Returning to the service
form-post-text = If nothing happens, choose Continue.
form-post-go = Continue

login-wrong-check = Check upper and lower case of username and password. Register if you have no account, or recover what you forgot.

login-sms-title = Sign in by SMS
login-sms-text = If the phone is registered, a code is sent to it. By SMS you reach level 1; for more, use your password or verify your identity.
login-sms-hint = The phone that you registered with
login-by-password = Sign in by password
