# What the product answers (pages.md §6.4, domain.md §2.1). Keys are those of the requirements.

E_REQUIRED = Enter { $field }
E_AGREE = Read and agree to the terms of service and the privacy policy
E_BANK_CONSENT = Read and agree separately to the check with the bank
E_CAPTCHA = Wrong or expired captcha
E_USERNAME_FORMAT = 5–20 letters, digits or underscores, starting with a letter
E_USERNAME_TAKEN = Username already in use
I_USERNAME_FREE = This username is free
E_PASSWORD_FORMAT = 8–30 characters with upper, lower case and digits; no more than 4 keyboard-adjacent characters in a row
E_PASSWORD_WEAK = Too common or contains personal data
E_PASSWORD_CONFIRM = Passwords do not match
E_PASSWORD_SAME = New password must differ
E_PASSWORD_OLD = Current password is wrong
E_LOGIN = Wrong username or password; after 5 failures in a row the account is locked for 1 hour; { $n ->
    [one] { $n } attempt left
   *[other] { $n } attempts left
}
E_LOCKED = Wrong password 5 times in a row. Locked for 1 hour, until { $time }; try again then or recover the password
E_ACCOUNT_DISABLED = Account disabled, contact the administrator ({ $phone })
E_NAME_FORMAT = Name format is not valid; write it as on the document
E_NAME_PUA = Name has unrecognised characters; use standard characters, or write it as the bank does
E_ID_TYPE = Choose the type of document
E_ID_FORMAT = ID number format is not valid
E_ID_CHECK = ID number check digit is wrong
E_ID_BIRTH_MISMATCH = The date of birth does not match the ID number
E_ID_SEX_MISMATCH = The sex does not match the ID number
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
