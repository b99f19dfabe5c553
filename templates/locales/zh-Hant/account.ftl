# The person centre.

account-title = 個人中心
account-hello = { $person }，您好
account-last-login = 上次登錄 { $time }
account-todos = 待辦
account-no-todos = 沒有待辦事項。
account-services = 辦事服務
menu-home = 首頁
menu-profile = 帳號信息
menu-verification = 認證中心
menu-password = 密碼管理
menu-phone = 手機號
menu-sessions = 登錄安全
menu-apps = 授權應用
todo-verify = 完成實名認證
todo-verify-text = 用銀行卡認證約2分鐘，完成後可辦理大多數業務
todo-expired = 重新實名認證
todo-expired-text = 您的實名認證已過期，請重新認證
todo-expiring = 實名認證即將到期
todo-expiring-text = 您的實名認證有效期至{ $date }，請提前重新認證
todo-capped = 再次核驗本人身份
todo-capped-text = 您的密碼是透過找回方式重新設置的，核驗後恢復原有實名等級
verification-capped = 您的密碼是在沒有核驗本人身份的情況下重新設置的。再次完成下列任一認證之前，只能辦理一級業務，也不能變更手機號、姓名、安全設置和授權，不能查看完整信息。
go-verify = 去認證

profile-title = 用戶信息
profile-text = 為保護您的信息，部分內容已隱藏
not-set = 未設置
not-verified = 未認證

verification-title = 認證中心
verification-text = 等級越高，可以辦理的業務越多
state-done = 已認證
state-open = 未認證
state-expired = 已過期
state-closed = 未開通
verification-ends = 您的實名認證有效期至{ $date }，到期後實名等級將降低。請提前重新認證。
verification-lapsed = 您的實名認證已於{ $date }到期，不再有效。帳號可以繼續使用，辦理需要實名的業務請重新認證。
verify-again = 重新認證
verified-by = 經{ $method }
verified-until = 經{ $method }，有效期至{ $date }
level-open-text = { $level ->
    [L1] 通過短信驗證手機號碼
    [L3] 到場或人臉核驗本人
   *[L2] 向銀行核對姓名、證件、卡號和預留手機號
}
level-closed-text = 該項認證業務未開通，目前不需要辦理
evidence = 認證記錄
evidence-method = 方式
evidence-at = 認證時間
evidence-until = 有效期至
evidence-state = 狀態
evidence-forever = 長期
evidence-valid = 有效
evidence-failed = 未通過
evidence-replaced = 已更新
evidence-displaced = 已失效

document-title = 重新填寫身份證件
document-text = 您帳號中的證件號碼已由其持有人通過銀行核驗認領，您的帳號和用戶名仍可使用。請填寫您本人的身份證件。
guide-displaced = 為什麼要重新填寫？
guide-displaced-text = 證件號碼歸能夠證明本人身份的人使用。如果您認為這是錯誤，請攜帶證件到人社服務窗口核實。

password-change = 修改密碼
password-change-text = 修改後，所有設備都會退出登錄，請用新密碼重新登錄。
password-old = 原密碼
password-new = 新密碼
password-new-confirm = 確認新密碼
password-changed = 密碼修改成功
password-changed-text = 請使用新密碼登錄。

sessions-title = 登錄安全
sessions-text = 查看帳號在哪些設備上登錄，以及最近的登錄記錄
sessions-live = 已登錄的設備
session-this = 本設備
session-other = 其他設備
session-times = { $begun } 登錄，最近使用 { $seen }
session-end = 退出
session-end-others = 退出其他設備
session-stranger = 有不是我的登錄
session-stranger-text = 所有設備都會退出登錄，請隨即修改密碼。
sign-ins = 登錄記錄
sign-in-at = 時間
sign-in-outcome = 結果
sign-in-source = 來源
sign-in-good = 登錄成功
sign-in-wrong = 密碼錯誤
sign-in-refused = 鎖定期間被拒絕
sign-in-locked = 帳號被鎖定
sign-in-stopped = 帳號已停用
sign-ins-none = 暫無登錄記錄。
sign-ins-older = 更早的記錄

apps-title = 授權應用
apps-text = 您同意過向這些業務系統提供信息。取消授權後，系統不能再取得您的信息，下次登錄時會重新徵求您的同意。人社部門自有的業務系統不在此列。
apps-withdrawn = 已取消授權
apps-capped = 您的密碼是在沒有核驗本人身份的情況下重新設置的。請先在認證中心完成實名認證，再取消授權。
apps-list = 已授權的業務系統
apps-data = 提供的信息
apps-at = 授權時間
apps-withdraw = 取消授權
apps-none = 您沒有授權過業務系統
list-comma = {"、"}

edit-title = 變更用戶信息
edit-text = 變更姓名、銀行帳號或手機號，須由銀行當場核驗。核驗未通過的，信息不變更。
edit-name = 新姓名
edit-name-hint = 不變更姓名的不用填寫。變更姓名的，請憑相關證明先到銀行申請修改
edit-password-hint = 為確認是您本人操作，請填寫登錄密碼
edit-done = 修改用戶信息成功

menu-questions = 密保工具
todo-questions = 設置密保問題
todo-questions-text = 設置3個密保問題，忘記密碼又收不到短信時可以用來找回
go-questions = 去設置
questions-title = 密保問題
questions-text = 設置3個只有您本人知道答案的問題，忘記密碼時與證件號碼一起核對。
questions-advice = 請選擇3個不同的問題，答案不要使用別人容易打聽到的信息。答案不區分大小寫，保存後不再顯示。
question-number = 問題{ $n }
answer-number = 答案{ $n }
questions-password-hint = 為確認是您本人操作，請填寫登錄密碼
questions-save = 保存密保問題
questions-set = 已設置
questions-since = 設置時間
questions-hidden = 為保護您的帳號，問題和答案都不再顯示。記不清答案的，可以重新設置。
questions-change = 重新設置
questions-clear = 清除密保問題
questions-clear-text = 清除後，不能再用密保問題找回密碼。
questions-done = 密保問題已設置
questions-cleared = 密保問題已清除
questions-capped = 您的密碼是在沒有核驗本人身份的情況下重新設置的。請先完成實名認證，再設置密保問題。
question-class-teacher = 您小學班主任的姓名是什麼？
question-childhood-friend = 您童年最好的朋友叫什麼名字？
question-first-pet = 您養的第一隻寵物叫什麼名字？
question-childhood-street = 您童年居住的街道或村莊叫什麼？
question-first-employer = 您第一份工作的單位叫什麼？
question-first-superior = 您第一位上司的姓名是什麼？
question-childhood-book = 您小時候最喜歡哪一本書？
question-mothers-dish = 您母親最拿手的菜是什麼？
question-first-journey = 您第一次出遠門去了哪裏？
question-first-film = 您第一次在電影院看的是什麼電影？
question-desk-mate = 您初中同桌的姓名是什麼？
question-school-song = 您學生時代最喜歡的歌是什麼？
question-grandmother = 您外祖母的姓名是什麼？
