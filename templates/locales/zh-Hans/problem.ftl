# Errors in plain language.

problem-at = 发生时间
problem-client = 业务系统
problem-request-title = 无法完成登录
problem-request = 业务系统的登录请求不完整或有错误，为保护您的信息，我们没有继续。
problem-request-advice = 回到业务系统的首页，重新点击登录
problem-redirect-uri = 业务系统的返回地址没有登记，为保护您的信息，我们没有继续。
problem-unknown-client = 业务系统没有在本站登记，为保护您的信息，我们没有继续。
problem-duplicate-parameter = 业务系统的登录请求含有重复的内容，为保护您的信息，我们没有继续。
problem-expired-title = 页面已过期
problem-expired-advice = 回到业务系统，重新开始办理
problem-missing-title = 没有这个页面
problem-missing = 您访问的地址不存在，或者已经更换。
problem-missing-advice = 检查地址是否完整，或从首页进入
problem-forbidden-title = 请求没有被接受
problem-forbidden = 这次提交不是从本站的页面发出的，为保护您的账号，我们没有处理。
problem-forbidden-advice = 关闭本页，从本站首页重新进入
problem-rate-title = 操作过于频繁
problem-busy-title = 当前访问的人较多
problem-busy = 系统正在排队处理，您的信息没有丢失。
problem-busy-advice = 等待一分钟后刷新本页
problem-system-title = 系统繁忙
problem-system-advice = 稍后重新操作，已经完成的步骤不会丢失
