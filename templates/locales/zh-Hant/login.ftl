# Signing in, the questions on the way, and signing out.

login-title = 用戶登錄
login-tabs = 登錄類型
login-person = 個人登錄
login-warning = 請謹慎輸入用戶名和密碼，密碼連續錯誤{ lockout-times }次後帳號將被鎖定{ lockout-time }！
username-login = 登錄帳號
username-placeholder = 請輸入登錄帳號
password-placeholder = 請輸入密碼
sign-in = 登錄
recover-link = 點擊此處找回帳號密碼
no-account = 還沒有帳號？
about-site = 關於本站
door-title-1 = 一個帳號，
door-title-2 = 通辦人社業務
door-text = 註冊一次，實名一次。您的證件信息由人社部門核驗和保管。

choose-title = 您已經登錄，要使用哪個帳號？
choose-text = 業務系統請您註冊帳號，而這個瀏覽器裡已有帳號登錄。
choose-continue = 繼續使用{ $person }
choose-register = 註冊新帳號
choose-register-text = 為他人辦理或沒有帳號時選擇，當前帳號將在註冊完成後退出
choose-which = 業務系統請您選擇要使用的帳號。
choose-other = 使用其他帳號
choose-other-text = 登錄後，當前帳號將退出

locked-title = 帳號已鎖定
locked-wait = 到時間後重新登錄，鎖定期間輸入正確的密碼也不能登錄
locked-other-browser = 如果不是您本人操作，說明有人在猜測您的密碼，請在解鎖後修改密碼

recover-title = 找回帳號密碼
recover-text = 為防止他人冒用，帳號和密碼須在核實您的身份後找回。
recover-call = 電話諮詢
recover-call-text = 請撥打{ $phone }，工作人員不會向您索要密碼或短信驗證碼
recover-window = 窗口辦理
recover-window-text = 請攜帶有效身份證件原件到人社服務窗口，由工作人員核實後辦理
recover-claim = 證件號碼被他人註冊
recover-claim-text = 註冊時選擇「我是本人，用銀行卡認證」，銀行核驗通過後證件歸您的新帳號使用

raise-title = 需要先完成{ level-name }
raise-voluntary-title = 建議完成{ level-name }
raise-voluntary = 業務系統建議您提升到{ level-number }。您也可以暫不提升，部分業務可能不能辦理。
raise-ceiling = 您的密碼是在沒有核驗本人身份的情況下重新設置的。為保護您的帳號，請再次核驗本人身份。
raise-unreachable-title = 實名等級不足
raise-unreachable = 本站暫不能辦理該等級的認證，請到人社服務窗口辦理。
level-current = 當前等級
level-required = 業務要求
level-not-needed = 本次不需要
methods = 可選的認證方式
method-bank = 銀行卡認證
method-bank-text = 核對姓名、證件、卡號和預留手機號
method-bank-time = 約2分鐘
method-unionpay = 銀聯實名認證
method-unionpay-text = 任一銀聯卡，核對姓名、證件、卡號和預留手機號
method-unavailable = 暫時不可用
method-down = 該核驗系統暫時沒有響應，未提交的不計次數。
method-down-later = 請稍後再試。
method-instead = 改用{ $method }
method-sms = 短信驗證
raise-ok = 確認，去實名認證
raise-skip = 暫不提升
raise-cancel-to = 取消，返回{ $client }
raise-return = 認證完成後自動回到{ $client }，不需要重新登錄。

consent-title = 授權確認
consent-operator = 運營單位
consent-purpose = 用途
consent-identity = 使用身份
consent-person = { $person }（個人）
consent-required = 必要信息
consent-optional = 可選信息
consent-optional-text = 不勾選不影響登錄
consent-no-preview = 登錄時提供
consent-policy = 業務系統如何使用您的信息，詳見該系統的{ $link }。
consent-policy-link = 隱私政策
claim-sub = 您在該系統中的編號
claim-profile = 姓名、性別、出生日期等基本資料
claim-id-number = 證件號碼
claim-real-name = 姓名和實名等級
claim-phone = 手機號碼
claim-email = 電子郵箱
claim-address = 地址

logout-title = 退出登錄
logout-question = 要退出登錄嗎？
logout-text = 退出後，再次辦理業務需要重新登錄。
logout-from = { $client }請您確認是否退出統一認證。
logout-portals = 退出後，以下業務系統也會一起退出
logout-all = 退出登錄
logout-client = 只退出本系統
logout-stay = 不退出
signed-out-title = 您已退出登錄
signed-out-text = 在公共場所使用時，請關閉瀏覽器。
signed-out-onward = 正在通知其他業務系統退出，隨後返回{ $client }。
signed-out-client-title = 您已退出該業務系統
signed-out-client = 統一認證仍保持登錄，可以繼續使用其他業務系統。
signed-out-unreached = 以下業務系統暫時沒有回應，我們會繼續通知它們退出：

form-post-title = 正在返回業務系統
form-post-text = 如果頁面沒有自動跳轉，請點擊「繼續」。
form-post-go = 繼續

login-wrong-check = 請核對用戶名和密碼的大小寫。沒有帳號的請先註冊，忘記用戶名或密碼的請找回。

login-sms-title = 短信登錄
login-sms-text = 若該手機號已註冊，驗證碼將發送至該手機。短信登錄可辦理一級業務，其他業務請用密碼登錄或完成實名認證。
login-sms-hint = 註冊時使用的手機號碼
login-by-password = 密碼登錄
