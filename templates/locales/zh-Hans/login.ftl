# Signing in, the questions on the way, and signing out.

login-title = 用户登录
login-tabs = 登录类型
login-person = 个人登录
login-warning = 请谨慎输入用户名和密码，密码连续错误{ lockout-times }次后账号将被锁定{ lockout-time }！
username-login = 登录账号
username-placeholder = 请输入登录账号
password-placeholder = 请输入密码
sign-in = 登录
recover-link = 点击此处找回账号密码
no-account = 还没有账号？
about-site = 关于本站
door-title-1 = 一个账号，
door-title-2 = 通办人社业务
door-text = 注册一次，实名一次。您的证件信息由人社部门核验和保管。

choose-title = 您已经登录，要使用哪个账号？
choose-text = 业务系统请您注册账号，而这个浏览器里已有账号登录。
choose-continue = 继续使用{ $person }
choose-register = 注册新账号
choose-register-text = 为他人办理或没有账号时选择，当前账号将在注册完成后退出
choose-which = 业务系统请您选择要使用的账号。
choose-other = 使用其他账号
choose-other-text = 登录后，当前账号将退出

locked-title = 账号已锁定
locked-wait = 到时间后重新登录，锁定期间输入正确的密码也不能登录
locked-other-browser = 如果不是您本人操作，说明有人在猜测您的密码，请在解锁后修改密码

recover-title = 找回账号密码
recover-text = 为防止他人冒用，账号和密码须在核实您的身份后找回。
recover-call = 电话咨询
recover-call-text = 请拨打{ $phone }，工作人员不会向您索要密码或短信验证码
recover-window = 窗口办理
recover-window-text = 请携带有效身份证件原件到人社服务窗口，由工作人员核实后办理
recover-claim = 证件号码被他人注册
recover-claim-text = 注册时选择“我是本人，用银行卡认证”，银行核验通过后证件归您的新账号使用

raise-title = 需要先完成{ level-name }
raise-voluntary-title = 建议完成{ level-name }
raise-voluntary = 业务系统建议您提升到{ level-number }。您也可以暂不提升，部分业务可能不能办理。
raise-ceiling = 您的密码是在没有核验本人身份的情况下重新设置的。为保护您的账号，请再次核验本人身份。
raise-unreachable-title = 实名等级不足
raise-unreachable = 本站暂不能办理该等级的认证，请到人社服务窗口办理。
level-current = 当前等级
level-required = 业务要求
level-not-needed = 本次不需要
methods = 可选的认证方式
method-bank = 银行卡认证
method-bank-text = 核对姓名、证件、卡号和预留手机号
method-bank-time = 约2分钟
method-unionpay = 银联实名认证
method-unionpay-text = 任一银联卡，核对姓名、证件、卡号和预留手机号
method-unavailable = 暂时不可用
method-down = 该核验系统暂时没有响应，未提交的不计次数。
method-down-later = 请稍后再试。
method-instead = 改用{ $method }
method-sms = 短信验证
raise-ok = 确认，去实名认证
raise-skip = 暂不提升
raise-cancel-to = 取消，返回{ $client }
raise-return = 认证完成后自动回到{ $client }，不需要重新登录。

consent-title = 授权确认
consent-operator = 运营单位
consent-purpose = 用途
consent-identity = 使用身份
consent-person = { $person }（个人）
consent-required = 必要信息
consent-optional = 可选信息
consent-optional-text = 不勾选不影响登录
consent-no-preview = 登录时提供
consent-policy = 业务系统如何使用您的信息，详见该系统的{ $link }。
consent-policy-link = 隐私政策
claim-sub = 您在该系统中的编号
claim-profile = 姓名、性别、出生日期等基本信息
claim-id-number = 证件号码
claim-real-name = 姓名和实名等级
claim-phone = 手机号码
claim-email = 电子邮箱
claim-address = 地址

logout-title = 退出登录
logout-question = 要退出登录吗？
logout-text = 退出后，再次办理业务需要重新登录。
logout-from = { $client }请您确认是否退出统一认证。
logout-portals = 退出后，以下业务系统也会一起退出
logout-all = 退出登录
logout-client = 只退出本系统
logout-stay = 不退出
signed-out-title = 您已退出登录
signed-out-text = 在公共场所使用时，请关闭浏览器。
signed-out-onward = 正在通知其他业务系统退出，随后返回{ $client }。
signed-out-client-title = 您已退出该业务系统
signed-out-client = 统一认证仍保持登录，可以继续使用其他业务系统。
signed-out-unreached = 以下业务系统暂时没有回应，我们会继续通知它们退出：

form-post-title = 正在返回业务系统
form-post-text = 如果页面没有自动跳转，请点击“继续”。
form-post-go = 继续

login-wrong-check = 请核对用户名和密码的大小写。没有账号的请先注册，忘记用户名或密码的请找回。

login-sms-title = 短信登录
login-sms-text = 若该手机号已注册，验证码将发送至该手机。短信登录可办理一级业务，其他业务请用密码登录或完成实名认证。
login-sms-hint = 注册时使用的手机号码
login-by-password = 密码登录
