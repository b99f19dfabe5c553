# Errors in plain language.

problem-at = Time
problem-client = Service
problem-request-title = Sign-in cannot go on
problem-request = The service's request is incomplete or wrong. To protect your data we stopped here.
problem-request-advice = Go back to the service's front page and sign in again
problem-redirect-uri = The service's return address is not registered. To protect your data we stopped here.
problem-unknown-client = The service is not registered with us. To protect your data we stopped here.
problem-duplicate-parameter = The service's request says something twice. To protect your data we stopped here.
problem-expired-title = Page expired
problem-expired-advice = Go back to the service and start again
problem-missing-title = No such page
problem-missing = This address does not exist or has changed.
problem-missing-advice = Check the address, or start from the home page
problem-forbidden-title = Request refused
problem-forbidden = This form was not sent from a page of ours. To protect your account we did nothing with it.
problem-forbidden-advice = Close this page and start from our home page
problem-rate-title = Too many requests
problem-busy-title = Many people are here now
problem-busy = The system is working through a queue. Nothing of yours is lost.
problem-busy-advice = Wait a minute, then reload this page
problem-system-title = System busy
problem-system-advice = Try again later; finished steps are not lost
