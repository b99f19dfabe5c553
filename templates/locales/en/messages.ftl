# What the product answers (pages.md §6.4, domain.md §2.1). Keys are those of the requirements.

E_REQUIRED = Enter { $field }
E_AGREE = Read and agree to the terms of service and the privacy policy
E_BANK_CONSENT = Read and agree separately to the check with the bank
E_UNIONPAY_CONSENT = Read and agree separately to the check with China UnionPay
E_CAPTCHA = Wrong or expired captcha
E_USERNAME_FORMAT = { username-min }–{ username-max } letters, digits or underscores, starting with a letter
E_USERNAME_TAKEN = Username already in use
I_USERNAME_FREE = This username is free
E_PASSWORD_FORMAT = { password-min }–{ password-max } characters with upper, lower case and digits; no more than { keyboard-run-max } keyboard-adjacent characters in a row
E_PASSWORD_WEAK = Too common or contains personal data
E_PASSWORD_CONFIRM = Passwords do not match
E_PASSWORD_SAME = New password must differ
E_PASSWORD_OLD = Current password is wrong
E_LOGIN = Wrong username or password; after { lockout-times } failures in a row the account is locked for { lockout-time }; { $n ->
    [one] { $n } attempt left
   *[other] { $n } attempts left
}
E_LOCKED = Wrong password { lockout-times } times in a row. Locked for { lockout-time }, until { $time }; try again then or recover the password
E_ACCOUNT_DISABLED = Account disabled, contact the administrator ({ $phone })
E_NAME_FORMAT = Name format is not valid; write it as on the document
E_NAME_PUA = Name has unrecognised characters; use standard characters, or write it as the bank does
E_ID_TYPE = Choose the type of document
E_ID_FORMAT = ID number format is not valid
E_ID_CHECK = ID number check digit is wrong
E_ID_BIRTH_MISMATCH = The date of birth does not match the ID number
E_ID_SEX_MISMATCH = The sex does not match the ID number
I_ID_TYPE_SWITCHED = This is the number of another document: { $type ->
    [CN_HKM_PERMIT] { id-type-cn-hkm-permit }
    [CN_TW_PERMIT] { id-type-cn-tw-permit }
    [CN_HMT_RP] { id-type-cn-hmt-rp }
    [CN_FPR] { id-type-cn-fpr }
    [PASSPORT] { id-type-passport }
   *[CN_RID] { id-type-cn-rid }
}. The type was changed for you
E_ID_EXPIRED = The document has expired; renew it first
E_ID_TAKEN_PERSON = This ID is already registered. Check it, or recover your account
E_UNDER_AGE = Under { $age }, a guardian registers you at a service window
E_NATIONALITY = Unknown country or region
E_DATE_FORMAT = Not a date; write it like 2030-12-31
E_PHONE_FORMAT = Invalid phone number
E_PHONE_TAKEN = Phone number already in use. Use another, or call the number at the foot of the page
E_EMAIL_FORMAT = Invalid e-mail address
E_SMS_CODE = Wrong or expired code
E_SMS_TOO_FAST = Please wait { $n } s before the next message
E_SMS_LIMIT = The daily limit of messages is reached
E_BANK = Choose a bank
E_CARD_NO = A bank account has 16–19 digits; check it
E_PERSON_LEVEL = Identity level too low; { $level ->
    [L1] level 1
    [L3] level 3
   *[L2] level 2
} needed
E_FLOW_EXPIRED = Page expired, please start again
E_RATE = Too many requests, try again later
E_SYSTEM = System busy, try again later

# The bank's answers.
BANK_OK = Verified
BANK_ID_MISMATCH = Name, ID type or ID number does not match the bank's record
BANK_PHONE_MISMATCH = The phone number is not the one reserved at the bank. Use another card or change it at a branch
BANK_CARD_INVALID = Invalid card number; check it and enter it again
BANK_CARD_STATUS = Card lost, frozen, expired or inactive; use another card
BANK_CARD_NOT_DEBIT = Only debit or financial social-security cards, no credit cards
BANK_UNSUPPORTED = Bank not supported; use a card of a listed bank
BANK_NO_RESERVED_PHONE = No phone reserved for this card; go to a branch
BANK_NOT_ENABLED = Card-not-present payment is not enabled; use another card or ask the bank
BANK_ID_TYPE_UNSUPPORTED = This ID type cannot be verified by bank card; choose another method
BANK_LIMIT = Daily limit reached; try again tomorrow or use another card
BANK_UNKNOWN = Could not be verified; use another card or another method
BANK_BUSY = Bank system busy, try again later (not counted as a failure)

# Of pages that belong to units, recovery and reviews.
E_PHONE_NOT_REGISTERED = Not the registered phone
E_UNIT_ID_TAKEN = Unit code already registered
E_UNIT_CODE_FORMAT = Invalid code (18 characters without the letters I, O, Z, S, V)
E_UNIT_NAME = Enter the full name on the licence
E_OPERATOR_MISMATCH = Account and ID do not match
E_UNIT_LEVEL = Unit level too low; at least { $min } needed. Choose [Confirm] to raise it
E_UNIT_NEEDS_USCC = Log in with a unit account registered with a unified social credit code
E_UNIT_DUP_PERSON = Duplicate personal accounts; contact the administrator
E_UNIT_NOT_VERIFIED = Unit not verified. Verify now?
I_UNIT_VERIFY_LATER = You can verify later in Unit settings
E_BIND_NOT_FOUND = No matching user; check and send again
E_BIND_EXISTS = Already bound
E_BIND_SELF = You cannot bind yourself
E_NO_SECURITY_Q = Security questions not set
E_SECURITY_A = Wrong answers
E_FILE_SIZE = Pictures must be smaller than 2 MB
E_FILE_TYPE = Only *.png, *.jpg and *.jpeg pictures
E_TICKET_OPEN = A request is already under review ({ $no })
I_REVIEW = Submitted; reviewed within 1–2 working days, the result comes by SMS
I_CODE_DELAY = An activation code comes by SMS and works 4 hours later
I_PWD_DELAY = A temporary password comes by SMS and works 4 hours later
E_RECOVER_NO_ACCOUNT = You are verified, but no account is registered with this document. Please register first
E_RECOVER_NOT_PROVED = You are verified, but the account with this document was never verified. Register and choose “I am the owner, verify by bank card”: the document then belongs to your new account
E_RECOVER_OTHER_ACCOUNT = You are verified, but this username is not yours. Check the username
E_RECOVER_FROZEN = A change of this account’s phone was undone a short while ago. It cannot be replaced online for 24 hours; please visit a service counter
E_PHONE_SAME = The new number is the same as the old one
E_PHONE_NONE = Your account has no phone. Verify a new number by bank card in the verification centre
E_PHONE_USED = This number is the registered phone of another account. If it is yours, verify it by bank card

E_SECURITY_LOCKED = 5 wrong attempts within 24 hours: security questions are closed for now. Choose another way
E_QUESTION_SAME = Choose three different questions
E_ANSWER_LENGTH = An answer has 2 to 50 characters
E_ANSWER_SAME = The three answers must differ
