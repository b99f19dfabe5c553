# Errors in plain language.

problem-at = 發生時間
problem-client = 業務系統
problem-request-title = 無法完成登錄
problem-request = 業務系統的登錄請求不完整或有錯誤，為保護您的信息，我們沒有繼續。
problem-request-advice = 回到業務系統的首頁，重新點擊登錄
problem-redirect-uri = 業務系統的返回地址沒有登記，為保護您的信息，我們沒有繼續。
problem-unknown-client = 業務系統沒有在本站登記，為保護您的信息，我們沒有繼續。
problem-duplicate-parameter = 業務系統的登錄請求含有重複的內容，為保護您的信息，我們沒有繼續。
problem-expired-title = 頁面已過期
problem-expired-advice = 回到業務系統，重新開始辦理
problem-missing-title = 沒有這個頁面
problem-missing = 您訪問的地址不存在，或者已經更換。
problem-missing-advice = 檢查地址是否完整，或從首頁進入
problem-forbidden-title = 請求沒有被接受
problem-forbidden = 這次提交不是從本站的頁面發出的，為保護您的帳號，我們沒有處理。
problem-forbidden-advice = 關閉本頁，從本站首頁重新進入
problem-rate-title = 操作過於頻繁
problem-busy-title = 當前訪問的人較多
problem-busy = 系統正在排隊處理，您的信息沒有丟失。
problem-busy-advice = 等待一分鐘後刷新本頁
problem-system-title = 系統繁忙
problem-system-advice = 稍後重新操作，已經完成的步驟不會丟失
