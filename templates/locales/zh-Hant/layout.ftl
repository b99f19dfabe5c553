# Around every page, and words that many pages use.

skip = 跳到正文
official = 政府官方網站
official-how = 如何辨認
official-text = 本站網址為{ $host }，請核對地址欄。工作人員不會打電話向您索要密碼或短信驗證碼。
sandbox = 測試環境
sandbox-text = 核驗機構和短信均為模擬，請勿填寫真實信息
display-nav = 語言與顯示
elder-version = 長者版
standard-version = 標準版
high-contrast = 無障礙
account-nav = 我的帳號
site-nav = 站點
sign-out = 退出
menu = 菜單
operator = 主辦單位：
organiser = 承辦單位：
support = 技術支持：
site-id-code = 網站標識碼
version = 版本
helpline-label = 人工幫助
helpline = 不會操作？請撥打
read-aloud = 朗讀本頁
colon = ：

tally-us = 統一認證
tally-signing-in = 正在登錄
tally-registering = 註冊後將登錄
tally-asks-data = 申請獲取您的信息

level-name-l1 = 手機認證
level-name-l2 = 實名認證
level-name-l3 = 實人認證
level-name = { $level ->
    [L1] { level-name-l1 }
    [L3] { level-name-l3 }
   *[L2] { level-name-l2 }
}
level-number = { $level ->
    [L1] 一級
    [L3] 三級
   *[L2] 二級
}
level-badge = { $level ->
    [L1] 一級·{ level-name-l1 }
    [L3] 三級·{ level-name-l3 }
   *[L2] 二級·{ level-name-l2 }
}
levels = 實名等級

error-prefix = 錯誤：
form-summary = 請更正以下{ $n }處
optional = （選填）
please-choose = 請選擇
next = 下一步
previous = 上一步
cancel = 取消
save = 保存
agree = 同意
refuse = 拒絕
return-to = 返回{ $client }
back-home = 返回首頁
back-to-login = 返回登錄
you-can = 您可以
trace-number = 問題編號
call-with-number = 撥打{ $phone }，並報出本頁的問題編號

captcha = 驗證碼
captcha-alt = 驗證碼圖片，看不清可換一張或使用語音
captcha-other = 換一張
captcha-audio = 語音播報
sms-get = 發送短信驗證
sms-again = 重新發送
sms-code = 動態驗證碼
sms-sent = 驗證碼已發送至{ $phone }，{ sms-code-time }內有效。
sms-delayed = 短信服務暫時沒有響應，發往{ $phone }的驗證碼可能晚到，請稍候。
sms-resend-from = { $time }後可重新發送
sms-proved = 該手機號碼已驗證，不需要再填寫驗證碼；更換手機號碼的，請重新獲取。

username = 用戶名
username-is = 用戶名 { $username }
password = 密碼
password-show = 顯示密碼
password-hide = 隱藏密碼
name = 姓名
id-type = 證件類型
id-number = 證件號碼
nationality = 國籍
valid-until = 證件有效期止
sex = 性別
sex-male = 男
sex-female = 女
birthdate = 出生日期
phone = 手機號碼
email = 電子郵箱
address = 地址
bank = 銀行
bank-account = 銀行帳號

id-type-cn-rid = 居民身份證
id-type-cn-hkm-permit = 港澳居民來往內地通行證
id-type-cn-tw-permit = 台灣居民來往大陸通行證
id-type-cn-hmt-rp = 港澳台居民居住證
id-type-cn-fpr = 外國人永久居留身份證
id-type-passport = 護照
