# The person centre.

account-title = 个人中心
account-hello = { $person }，您好
account-last-login = 上次登录 { $time }
account-todos = 待办
account-no-todos = 没有待办事项。
account-services = 办事服务
menu-home = 首页
menu-profile = 账号信息
menu-verification = 认证中心
menu-password = 密码管理
menu-phone = 手机号
menu-sessions = 登录安全
menu-apps = 授权应用
todo-verify = 完成实名认证
todo-verify-text = 用银行卡认证约2分钟，完成后可办理大多数业务
todo-expired = 重新实名认证
todo-expired-text = 您的实名认证已过期，请重新认证
todo-expiring = 实名认证即将到期
todo-expiring-text = 您的实名认证有效期至{ $date }，请提前重新认证
todo-capped = 再次核验本人身份
todo-capped-text = 您的密码是通过找回方式重新设置的，核验后恢复原有实名等级
verification-capped = 您的密码是在没有核验本人身份的情况下重新设置的。再次完成下列任一认证之前，只能办理一级业务，也不能变更手机号、姓名、安全设置和授权，不能查看完整信息。
go-verify = 去认证

profile-title = 用户信息
profile-text = 为保护您的信息，部分内容已隐藏
not-set = 未设置
not-verified = 未认证

verification-title = 认证中心
verification-text = 等级越高，可以办理的业务越多
state-done = 已认证
state-open = 未认证
state-expired = 已过期
state-closed = 未开通
verification-ends = 您的实名认证有效期至{ $date }，到期后实名等级将降低。请提前重新认证。
verification-lapsed = 您的实名认证已于{ $date }到期，不再有效。账号可以继续使用，办理需要实名的业务请重新认证。
verify-again = 重新认证
verified-by = 经{ $method }
verified-until = 经{ $method }，有效期至{ $date }
level-open-text = { $level ->
    [L1] 通过短信验证手机号码
    [L3] 到场或人脸核验本人
   *[L2] 向银行核对姓名、证件、卡号和预留手机号
}
level-closed-text = 该项认证业务未开通，目前不需要办理
evidence = 认证记录
evidence-method = 方式
evidence-at = 认证时间
evidence-until = 有效期至
evidence-state = 状态
evidence-forever = 长期
evidence-valid = 有效
evidence-failed = 未通过
evidence-replaced = 已更新
evidence-displaced = 已失效

document-title = 重新填写身份证件
document-text = 您账号中的证件号码已由其持有人通过银行核验认领，您的账号和用户名仍可使用。请填写您本人的身份证件。
guide-displaced = 为什么要重新填写？
guide-displaced-text = 证件号码归能够证明本人身份的人使用。如果您认为这是错误，请携带证件到人社服务窗口核实。

password-change = 修改密码
password-change-text = 修改后，所有设备都会退出登录，请用新密码重新登录。
password-old = 原密码
password-new = 新密码
password-new-confirm = 确认新密码
password-changed = 密码修改成功
password-changed-text = 请使用新密码登录。

sessions-title = 登录安全
sessions-text = 查看账号在哪些设备上登录，以及最近的登录记录
sessions-live = 已登录的设备
session-this = 本设备
session-other = 其他设备
session-times = { $begun } 登录，最近使用 { $seen }
session-end = 退出
session-end-others = 退出其他设备
session-stranger = 有不是我的登录
session-stranger-text = 所有设备都会退出登录，请随即修改密码。
sign-ins = 登录记录
sign-in-at = 时间
sign-in-outcome = 结果
sign-in-source = 来源
sign-in-good = 登录成功
sign-in-wrong = 密码错误
sign-in-refused = 锁定期间被拒绝
sign-in-locked = 账号被锁定
sign-in-stopped = 账号已停用
sign-ins-none = 暂无登录记录。
sign-ins-older = 更早的记录

apps-title = 授权应用
apps-text = 您同意过向这些业务系统提供信息。取消授权后，系统不能再取得您的信息，下次登录时会重新征求您的同意。人社部门自有的业务系统不在此列。
apps-withdrawn = 已取消授权
apps-capped = 您的密码是在没有核验本人身份的情况下重新设置的。请先在认证中心完成实名认证，再取消授权。
apps-list = 已授权的业务系统
apps-data = 提供的信息
apps-at = 授权时间
apps-withdraw = 取消授权
apps-none = 您没有授权过业务系统
list-comma = {"、"}

edit-title = 变更用户信息
edit-text = 变更姓名、银行账号或手机号，须由银行当场核验。核验未通过的，信息不变更。
edit-name = 新姓名
edit-name-hint = 不变更姓名的不用填写。变更姓名的，请凭相关证明先到银行申请修改
edit-password-hint = 为确认是您本人操作，请填写登录密码
edit-done = 修改用户信息成功

menu-questions = 密保工具
todo-questions = 设置密保问题
todo-questions-text = 设置3个密保问题，忘记密码又收不到短信时可以用来找回
go-questions = 去设置
questions-title = 密保问题
questions-text = 设置3个只有您本人知道答案的问题，忘记密码时与证件号码一起核对。
questions-advice = 请选择3个不同的问题，答案不要使用别人容易打听到的信息。答案不区分大小写，保存后不再显示。
question-number = 问题{ $n }
answer-number = 答案{ $n }
questions-password-hint = 为确认是您本人操作，请填写登录密码
questions-save = 保存密保问题
questions-set = 已设置
questions-since = 设置时间
questions-hidden = 为保护您的账号，问题和答案都不再显示。记不清答案的，可以重新设置。
questions-change = 重新设置
questions-clear = 清除密保问题
questions-clear-text = 清除后，不能再用密保问题找回密码。
questions-done = 密保问题已设置
questions-cleared = 密保问题已清除
questions-capped = 您的密码是在没有核验本人身份的情况下重新设置的。请先完成实名认证，再设置密保问题。
question-class-teacher = 您小学班主任的姓名是什么？
question-childhood-friend = 您童年最好的朋友叫什么名字？
question-first-pet = 您养的第一只宠物叫什么名字？
question-childhood-street = 您童年居住的街道或村庄叫什么？
question-first-employer = 您第一份工作的单位叫什么？
question-first-superior = 您第一位上司的姓名是什么？
question-childhood-book = 您小时候最喜欢哪一本书？
question-mothers-dish = 您母亲最拿手的菜是什么？
question-first-journey = 您第一次出远门去了哪里？
question-first-film = 您第一次在电影院看的是什么电影？
question-desk-mate = 您初中同桌的姓名是什么？
question-school-song = 您学生时代最喜欢的歌是什么？
question-grandmother = 您外祖母的姓名是什么？
