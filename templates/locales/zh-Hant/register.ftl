# The registration wizard and the bank check.

register = 註冊
register-title = 個人註冊
register-heading = { register-title }
register-from = 從「{ $client }」發起，註冊後將返回該系統
register-start-text = 註冊一個帳號，就可以登錄所有接入的人社業務系統。
register-person-text = 可辦理自然人業務
register-needs = 註冊前請準備
register-needs-document = 您本人的有效身份證件
register-needs-phone = 能接收短信的手機
register-needs-card = 銀行借記卡或金融社保卡，須在銀行預留手機號（{ $link }）
register-may-card = 銀行借記卡或金融社保卡，用於實名認證，也可以註冊後再認證（{ $link }）
has-account = 已有帳號？
go-login = 去登錄

steps-label = 辦理進度
steps-here = 第{ $at }步，共{ $of }步：
steps-done = 已完成：
step-login = 填寫登錄信息
step-identity = 填寫身份信息
step-verify = 填寫驗證信息
step-done = 註冊成功

username-hint = 用戶名是個人帳號，內容自定義填寫，後續單位註冊時用到
password-confirm = 確認密碼
password-rules = 密碼規則
password-rule-length = { $min }-{ $max }位
password-rule-lower = 包含小寫字母
password-rule-digit = 包含數字
password-rule-upper = 包含大寫字母
password-rule-special = 包含特殊字符
password-rule-run = 沒有連續超過{ $max }個的鍵盤字符，如12345
rule-met = 已滿足：
rule-unmet = 未滿足：
agree-terms = 我已閱讀並同意{ $terms }和{ $privacy }
terms-quoted = 《服務協議》
privacy-quoted = 《隱私政策》

name-hint = 請與證件保持一致
nationality-hint = 請填寫證件上的三位國家代碼，如JPN、KOR
valid-until-hint = 按證件填寫，如2030-12-31；沒有期限的填寫「長期」
birthdate-hint = 如1990-03-07
derived-hint = 性別和出生日期由證件號碼自動得出，不需要填寫。
taken-title = 這個證件號碼是您的嗎？
taken-text = 如果是您本人註冊的，請找回帳號。如果被他人註冊，銀行核驗通過後證件歸您使用。
taken-claim = 我是本人，用銀行卡認證

claim-notice = 該證件號碼已被註冊。請用您本人的銀行卡認證，通過後證件歸您使用，原帳號將收到短信通知。
verify-subject = 核驗對象：{ $person }，{ $type }{ $number }
verify-choice = 實名認證
verify-now = 現在用銀行卡實名認證
verify-now-text = 約2分鐘，完成後為二級實名，可辦理大多數業務
verify-later = 稍後認證
verify-later-text = 只驗證手機號，完成後為一級，部分業務需要先完成實名認證
verify-later-asked = 「{ $client }」要求{ level-number }實名，選擇稍後認證的，進入該系統前仍須完成認證
verify-submit = 提交
verify-next = { verify-submit }
phone-hint-bank = 須為銀行預留手機號
phone-hint-choice = 用銀行卡認證時，須為銀行預留手機號
email-hint = 用於接收通知
bank-account-hint = 支持借記卡、金融社保卡，不支持信用卡。僅用於校驗身份，不用作其他用途，不保存完整帳號
bankname = 銀行登記姓名
bankname-fold = 姓名有生僻字？
bankname-hint = 請與銀行登記的寫法保持一致，如拼音或相近字
bank-consent = 我單獨同意將姓名、證件號碼、銀行帳號和手機號碼提交銀行核驗
bank-consent-text = 銀行帳號屬於敏感個人信息，核驗完成後即刪除，只保留銀行名稱和末四位
unionpay-card = 銀行卡號
unionpay-card-hint = 任一銀聯借記卡，須在銀行預留手機號。僅用於校驗身份，不用作其他用途，不保存完整卡號
unionpay-consent = 我單獨同意將姓名、證件號碼、銀行卡號和手機號碼提交中國銀聯核驗
unionpay-submit = 認證
phone-hint-only = 用於接收驗證碼和辦理結果
verify-down-later = 您可以先選擇「稍後認證」完成註冊。

waiting-title = { $method ->
    [unionpay] 正在等待銀聯核驗
   *[bank] 正在等待銀行核驗
}
waiting-text = { $method ->
    [unionpay] 銀聯還沒有答覆。本頁每{ $seconds }秒自動刷新一次，一般在1分鐘內完成。
   *[bank] 銀行還沒有答覆。本頁每{ $seconds }秒自動刷新一次，一般在1分鐘內完成。
}
waiting-ahead = 前面還有{ $count }人在排隊核驗。本頁每{ $seconds }秒自動刷新一次，請不要重複提交。
waiting-retrying = { $method ->
    [unionpay] 銀聯系統繁忙，正在自動重試，不計入失敗次數。本頁每{ $seconds }秒自動刷新一次。
   *[bank] 銀行系統繁忙，正在自動重試，不計入失敗次數。本頁每{ $seconds }秒自動刷新一次。
}
waiting-leave-registering = 您可以離開本頁。結果將以短信發送至{ $phone }，在這個瀏覽器裡可以回來繼續註冊。
waiting-leave = 您可以離開本頁。結果將以短信發送至{ $phone }，也可以在認證中心查看。
waiting-leave-recovering = 您可以離開本頁。結果將以短信發送至{ $phone }，在這個瀏覽器裡可以回來繼續。
waiting-now = 立即刷新

done-title = 註冊成功
done-back = 現在可以返回{ $client }繼續辦理。
done-close = 請關閉本頁面，返回業務系統，用新的用戶名和密碼登錄。
done-signed-in = 您已登錄，可以直接辦理業務。
done-sign-in = 請用新的用戶名和密碼登錄。
go-account = 進入個人中心
verify-at-once = 立即認證

guide = 操作指引
guide-register = 個人註冊指引
guide-register-text = 註冊分為以下四步。一步步填寫即可，返回上一步不會丟失已填的內容。
guide-call = 仍有疑問，請撥打
guide-kinds = 個人註冊、單位註冊有什麼區別？
guide-kinds-text = 註冊個人帳戶：可辦理自然人業務；註冊單位帳戶：可辦理企業、單位等業務。
guide-id-taken = 提示「證件號已存在」或「自然人證件號碼已被使用」怎麼辦？
guide-id-taken-text = 請核對身份證號是否正確，或點擊{ $link }；也可撥打網站底部聯繫電話進行諮詢。
guide-phone-taken = 提示「手機號已被佔用」怎麼辦？
guide-phone-taken-text = 您可以更換其他手機號進行註冊，或撥打網站底部聯繫電話進行核對。
guide-username = 登錄帳號有什麼要求？
guide-username-text = 登錄帳號應為{ username-min }-{ username-max }位，可以使用大小寫字母、數字和下劃線，且應該以字母開始。
guide-password = 密碼有什麼要求？
guide-password-text = 密碼應為{ password-min }-{ password-max }位，且必須包含大寫字母、小寫字母和數字，同時不能在鍵盤上連續超過{ keyboard-run-max }個字符。
guide-claim = 證件號碼被他人註冊了怎麼辦？
guide-claim-text = 選擇「我是本人，用銀行卡認證」。銀行核驗通過後，證件歸您的新帳號使用，原帳號不能再使用該證件。
guide-rare-name = 姓名有生僻字怎麼辦？
guide-rare-name-text = 請先按證件填寫。用銀行卡認證時，可另填銀行登記的寫法，生僻字須與銀行留存信息保持一致。
guide-why-document = 為什麼要填寫身份證件？
guide-why-document-text = 一個人只能有一個帳號，證件號碼用來區分和找回帳號。號碼加密保存，只向您同意的業務系統提供。
guide-why-bank = 為什麼需要銀行卡？
guide-why-bank-text = 銀行已當面核對過您的身份。我們向銀行核對姓名、證件號碼、銀行帳號和手機號碼是否一致，即完成二級實名認證。
guide-why-unionpay = 銀聯實名認證怎樣核驗？
guide-why-unionpay-text = 我們向中國銀聯核對您帳號中的姓名、證件號碼與銀行卡號、預留手機號是否一致，一致即完成二級實名認證。姓名和證件取自您的帳號，不用再填。
guide-unionpay-documents = 可以用哪些證件？
guide-unionpay-documents-text = 居民身份證、港澳居民來往內地通行證、台灣居民來往大陸通行證、港澳台居民居住證等，以開卡時在銀行登記的證件為準。
guide-id-mismatch = 提示人員信息與銀行登記不匹配怎麼辦？
guide-id-mismatch-text = 請點擊「上一步」核對姓名、證件類型和證件號碼。信息無誤的，請確認銀行卡是您本人開立的，或更換一張銀行卡。
guide-id-mismatch-account = 姓名、證件類型和證件號碼以您的帳號為準。請確認該銀行卡在銀行登記的人員信息是您本人的身份信息，或更換一張銀行卡。
guide-phone-mismatch = 提示手機號與銀行預留手機號不一致怎麼辦？
guide-phone-mismatch-text = 請更換銀行卡驗證，或去對應銀行網點修改預留手機號。
guide-no-card = 沒有銀行卡怎麼辦？
guide-no-card-later = 可以選擇「稍後認證」先完成註冊，開立銀行卡後再在認證中心認證。
guide-no-card-required = 請先到任一支持的銀行開立借記卡並預留手機號，再註冊。
guide-banks = 支持哪些銀行？
guide-banks-text = 請查看{ $link }。
guide-one-account = 這個帳號可以用在哪裡？
guide-one-account-text = 一個帳號可以登錄所有接入統一認證的人社業務系統。
guide-keep-safe = 怎樣保護帳號？
guide-keep-safe-text = 不要把密碼和短信驗證碼告訴任何人。工作人員不會向您索要。

banks-title = 支持的銀行
banks-text = 以下銀行的任一借記卡（非信用卡）或金融社保卡可用於實名認證，須在銀行預留手機號。
banks-none = 沒有這些銀行的卡
banks-none-text = 請先到以上任一銀行開立借記卡並預留手機號，再辦理實名認證。
banks-mismatch = 信息與銀行登記不匹配
banks-mismatch-1 = 核對填寫的信息是否正確
banks-mismatch-2 = 換一張銀行卡再試
banks-mismatch-3 = 到發卡銀行核實或變更登記的信息
banks-mismatch-4 = 仍不能通過的，請撥打{ $phone }

done-questions = 設置密保問題
done-questions-text = 建議立即通過密保工具設置3個密保問題，忘記密碼時可以用來找回。
