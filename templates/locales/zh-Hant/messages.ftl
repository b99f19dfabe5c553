# What the product answers (pages.md §6.4, domain.md §2.1). Keys are those of the requirements.

E_REQUIRED = 請填寫{ $field }
E_AGREE = 請閱讀並同意服務協議和隱私政策
E_BANK_CONSENT = 請閱讀並單獨同意將信息提交銀行核驗
E_UNIONPAY_CONSENT = 請閱讀並單獨同意將信息提交中國銀聯核驗
E_CAPTCHA = 驗證碼錯誤或已過期，請重新輸入
E_USERNAME_FORMAT = 登錄帳號應為{ username-min }-{ username-max }位，可以使用大小寫字母、數字和下劃線，且應該以字母開始
E_USERNAME_TAKEN = 用戶名已被使用
I_USERNAME_FREE = 該用戶名可以使用
E_PASSWORD_FORMAT = 密碼應為{ password-min }-{ password-max }位，且必須包含大寫字母、小寫字母和數字，同時不能在鍵盤上連續超過{ keyboard-run-max }個字符
E_PASSWORD_WEAK = 密碼過於簡單或包含個人信息，請更換
E_PASSWORD_CONFIRM = 兩次輸入的密碼不一致
E_PASSWORD_SAME = 修改後的新密碼不能與原密碼一致
E_PASSWORD_OLD = 原密碼錯誤
E_LOGIN = 用戶名或者密碼錯誤，連續錯誤{ lockout-times }次後帳號將被鎖定{ lockout-time }，您還可以嘗試{ $n }次
E_LOCKED = 密碼連續錯誤{ lockout-times }次，帳號已鎖定{ lockout-time }，請於{ $time }後重試或找回密碼
E_ACCOUNT_DISABLED = 帳號已停用，請聯繫管理員（{ $phone }）
E_NAME_FORMAT = 姓名格式不正確，請與證件保持一致
E_NAME_PUA = 姓名中含有系統無法識別的字符，請使用國家標準字庫輸入，或與銀行登記的寫法保持一致
E_ID_TYPE = 請選擇證件類型
E_ID_FORMAT = 證件號碼格式不正確，請核對
E_ID_CHECK = 證件號碼校驗不通過，請核對
E_ID_BIRTH_MISMATCH = 出生日期與證件號碼不一致
E_ID_SEX_MISMATCH = 性別與證件號碼不一致
I_ID_TYPE_SWITCHED = 您填寫的是{ $type ->
    [CN_HKM_PERMIT] { id-type-cn-hkm-permit }
    [CN_TW_PERMIT] { id-type-cn-tw-permit }
    [CN_HMT_RP] { id-type-cn-hmt-rp }
    [CN_FPR] { id-type-cn-fpr }
    [PASSPORT] { id-type-passport }
   *[CN_RID] { id-type-cn-rid }
}號碼，已為您切換證件類型
E_ID_EXPIRED = 證件已過有效期，請更換證件後再辦理
E_ID_TAKEN_PERSON = 自然人證件號碼已被使用，請核對；如已註冊請找回帳號
E_UNDER_AGE = 未滿{ $age }周歲請由監護人到窗口辦理
E_NATIONALITY = 國籍或地區填寫不正確
E_DATE_FORMAT = 日期格式不正確，請按2030-12-31的格式填寫
E_PHONE_FORMAT = 手機號碼格式不正確
E_PHONE_TAKEN = 手機號已被佔用，您可以更換其他手機號進行註冊，或撥打網站底部聯繫電話進行核對
E_EMAIL_FORMAT = 電子郵箱格式不正確
E_SMS_CODE = 短信驗證碼錯誤或已過期
E_SMS_TOO_FAST = 發送過於頻繁，請{ $n }秒後再試
E_SMS_LIMIT = 今日短信次數已達上限
E_BANK = 請選擇銀行
E_CARD_NO = 銀行帳號應為16-19位數字，請核對
E_PERSON_LEVEL = 當前帳號實名等級不足，請至少提升至{ $level ->
    [L1] 一級
    [L3] 三級
   *[L2] 二級
}實名後重試
E_FLOW_EXPIRED = 頁面已過期，請重新開始
E_RATE = 操作過於頻繁，請稍後再試
E_SYSTEM = 系統繁忙，請稍後再試

# The bank's answers.
BANK_OK = 實名認證通過
BANK_ID_MISMATCH = 人員姓名或證件類型或證件號與銀行登記不匹配
BANK_PHONE_MISMATCH = 手機號與銀行預留手機號不一致，請更換銀行卡驗證或去對應銀行網點修改預留手機號
BANK_CARD_INVALID = 銀行帳號有誤，請核對後重新輸入
BANK_CARD_STATUS = 該銀行卡狀態異常（掛失、凍結、過期或未激活），請更換銀行卡
BANK_CARD_NOT_DEBIT = 僅支持借記卡或金融社保卡，不支持信用卡
BANK_UNSUPPORTED = 暫不支持該銀行，請使用支持列表中的銀行卡
BANK_NO_RESERVED_PHONE = 該銀行卡未預留手機號，請到銀行網點辦理
BANK_NOT_ENABLED = 該卡未開通無卡支付功能，請更換銀行卡或到銀行開通
BANK_ID_TYPE_UNSUPPORTED = 該證件類型暫不支持銀行卡認證，請選擇其他認證方式
BANK_LIMIT = 今日認證次數已達上限，請明日再試或更換銀行卡
BANK_UNKNOWN = 暫時無法核驗，請更換銀行卡或選擇其他認證方式
BANK_BUSY = 銀行系統繁忙，請稍後再試（不計入失敗次數）

# Of pages that belong to units, recovery and reviews.
E_PHONE_NOT_REGISTERED = 手機號碼與註冊時填寫的不一致
E_UNIT_ID_TAKEN = 單位證件號碼已經被使用
E_UNIT_CODE_FORMAT = 統一社會信用代碼格式不正確（18位，不含字母I、O、Z、S、V）
E_UNIT_NAME = 請填寫證照上的單位全稱
E_OPERATOR_MISMATCH = 個人帳號與證件號碼不匹配
E_UNIT_LEVEL = 單位用戶實名等級不足，最低實名等級為「{ $min }」級，請點擊[確認]按鈕按照引導提升實名等級
E_UNIT_NEEDS_USCC = 請使用統一社會信用代碼註冊的帳號登錄辦理業務
E_UNIT_DUP_PERSON = [自然人用戶信息]數據錯誤，請聯繫帳號管理員註銷一個帳號
E_UNIT_NOT_VERIFIED = 您的單位尚未實名認證，認證前不能辦理相關業務，是否立即認證？
I_UNIT_VERIFY_LATER = 您可稍後在【單位設置】-【認證中心】進行實名認證
E_BIND_NOT_FOUND = 未查到對應用戶，請檢查用戶信息後重新發起綁定
E_BIND_EXISTS = 該個人已綁定本單位
E_BIND_SELF = 不能綁定本人
E_NO_SECURITY_Q = 未設置密保，不能通過密保問題找回密碼
E_SECURITY_A = 密保答案不正確
E_FILE_SIZE = 圖片應小於2MB
E_FILE_TYPE = 僅支持*.png,*.jpg,*.jpeg格式的圖片
E_TICKET_OPEN = 您已有一個正在審核的申請（{ $no }）
I_REVIEW = 提交成功，管理員將在1-2個工作日內審核，審核結果以短信通知
I_CODE_DELAY = 激活碼將以短信發送，收到短信4小時後生效
I_PWD_DELAY = 重置密碼將以短信發送，收到短信4小時後生效
E_RECOVER_NO_ACCOUNT = 您的身份已核驗，但該證件尚未註冊帳號，請先註冊
E_RECOVER_NOT_PROVED = 您的身份已核驗，但該證件登記的帳號尚未實名認證。請在個人註冊時選擇“我是本人，用銀行卡認證”，證件歸您的新帳號使用
E_RECOVER_OTHER_ACCOUNT = 您的身份已核驗，但這個登錄帳號不是您的，請核對登錄帳號
E_RECOVER_FROZEN = 該帳號的手機號變更剛被撤銷，24小時內不能再次在線更換，請到人社服務窗口辦理
E_PHONE_SAME = 新手機號碼與原手機號碼相同
E_PHONE_NONE = 您的帳號沒有手機號碼，請在認證中心用銀行卡認證新手機號碼
E_PHONE_USED = 該手機號碼是其他帳號的註冊手機。是您本人的，請用銀行卡認證

E_SECURITY_LOCKED = 密保問題24小時內答錯5次，該方式已暫停使用，請選擇其他找回方式
E_QUESTION_SAME = 請選擇3個不同的問題
E_ANSWER_LENGTH = 答案應為2-50個字
E_ANSWER_SAME = 3個答案不能相同
