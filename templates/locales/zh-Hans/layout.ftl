# Around every page, and words that many pages use.

skip = 跳到正文
official = 政府官方网站
official-how = 如何辨认
official-text = 本站网址为{ $host }，请核对地址栏。工作人员不会打电话向您索要密码或短信验证码。
sandbox = 测试环境
sandbox-text = 核验机构和短信均为模拟，请勿填写真实信息
display-nav = 语言与显示
elder-version = 长者版
standard-version = 标准版
high-contrast = 无障碍
account-nav = 我的账号
site-nav = 站点
sign-out = 退出
menu = 菜单
operator = 主办单位：
organiser = 承办单位：
support = 技术支持：
site-id-code = 网站标识码
version = 版本
helpline-label = 人工帮助
helpline = 不会操作？请拨打
read-aloud = 朗读本页
colon = ：

tally-us = 统一认证
tally-signing-in = 正在登录
tally-registering = 注册后将登录
tally-asks-data = 申请获取您的信息

level-name-l1 = 手机认证
level-name-l2 = 实名认证
level-name-l3 = 实人认证
level-name = { $level ->
    [L1] { level-name-l1 }
    [L3] { level-name-l3 }
   *[L2] { level-name-l2 }
}
level-number = { $level ->
    [L1] 一级
    [L3] 三级
   *[L2] 二级
}
level-badge = { $level ->
    [L1] 一级·{ level-name-l1 }
    [L3] 三级·{ level-name-l3 }
   *[L2] 二级·{ level-name-l2 }
}
levels = 实名等级

error-prefix = 错误：
form-summary = 请更正以下{ $n }处
optional = （选填）
please-choose = 请选择
next = 下一步
previous = 上一步
cancel = 取消
save = 保存
agree = 同意
refuse = 拒绝
return-to = 返回{ $client }
back-home = 返回首页
back-to-login = 返回登录
you-can = 您可以
trace-number = 问题编号
call-with-number = 拨打{ $phone }，并报出本页的问题编号

captcha = 验证码
captcha-alt = 验证码图片，看不清可换一张或使用语音
captcha-other = 换一张
captcha-audio = 语音播报
sms-get = 发送短信验证
sms-again = 重新发送
sms-code = 动态验证码
sms-sent = 验证码已发送至{ $phone }，{ sms-code-time }内有效。
sms-delayed = 短信服务暂时没有响应，发往{ $phone }的验证码可能晚到，请稍候。
sms-resend-from = { $time }后可重新发送
sms-proved = 该手机号码已验证，不需要再填写验证码；更换手机号码的，请重新获取。

username = 用户名
username-is = 用户名 { $username }
password = 密码
password-show = 显示密码
password-hide = 隐藏密码
name = 姓名
id-type = 证件类型
id-number = 证件号码
nationality = 国籍
valid-until = 证件有效期止
sex = 性别
sex-male = 男
sex-female = 女
birthdate = 出生日期
phone = 手机号码
email = 电子邮箱
address = 地址
bank = 银行
bank-account = 银行账号

id-type-cn-rid = 居民身份证
id-type-cn-hkm-permit = 港澳居民来往内地通行证
id-type-cn-tw-permit = 台湾居民来往大陆通行证
id-type-cn-hmt-rp = 港澳台居民居住证
id-type-cn-fpr = 外国人永久居留身份证
id-type-passport = 护照
