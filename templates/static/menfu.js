// Comfort only: every page works without this file.
(function () {
  "use strict";

  var all = function (selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); };

  // 重新发送 counts down to the instant from which it works.
  all("[data-resend]", function (clock) {
    var button = document.querySelector("button[value=sms]");
    var words = button && button.textContent;
    var due = Number(clock.getAttribute("data-resend"));
    var tick = function () {
      var left = Math.ceil((due - Date.now()) / 1000);
      if (!button || left > 600) { return; }
      button.disabled = left > 0;
      button.textContent = left > 0 ? words + " (" + left + "s)" : words;
      if (left > 0) { window.setTimeout(tick, 500); }
    };
    tick();
  });

  // Show or hide a password.
  all("input[data-show]", function (input) {
    var row = document.createElement("div");
    var button = document.createElement("button");
    row.className = "with";
    button.type = "button";
    button.className = "btn-text small";
    button.textContent = input.getAttribute("data-show");
    button.setAttribute("aria-controls", input.id);
    button.addEventListener("click", function () {
      var show = input.type === "password";
      input.type = show ? "text" : "password";
      button.textContent = input.getAttribute(show ? "data-hide" : "data-show");
    });
    input.parentNode.insertBefore(row, input);
    row.appendChild(input);
    row.appendChild(button);
    if (input.form) { input.form.addEventListener("submit", function () { input.type = "password"; }); }
  });

  // Whether a username is free, asked when the field is left.
  all("input[data-check]", function (input) {
    var told = document.createElement("p");
    told.setAttribute("role", "status");
    input.parentNode.appendChild(told);
    input.addEventListener("change", function () {
      told.textContent = "";
      told.className = "";
      if (!input.value) { return; }
      window.fetch(input.getAttribute("data-check") + "?username=" + encodeURIComponent(input.value), { credentials: "same-origin" })
        .then(function (response) { return response.ok ? response.json() : {}; })
        .then(function (answer) {
          if (!answer.message) { return; }
          told.className = answer.ok ? "sent" : "error";
          told.textContent = answer.message;
        })
        .catch(function () {});
    });
  });

  // Inputs that the chosen document does not need stay away.
  all("select[name=id_type]", function (select) {
    var change = function () {
      var option = select.options[select.selectedIndex];
      var needs = function (name) { return Boolean(option) && option.hasAttribute("data-" + name); };
      var show = { nationality: needs("nationality"), expiry: needs("expiry"), typed: !needs("derives"), derived: needs("derives") };
      all("[data-for]", function (part) { part.hidden = !show[part.getAttribute("data-for")]; });
    };
    select.addEventListener("change", change);
  });

  // The captcha is heard without leaving the page.
  all("a[data-play]", function (link) {
    link.addEventListener("click", function (event) {
      var sound = new window.Audio(link.href);
      event.preventDefault();
      sound.play().catch(function () { window.open(link.href, "_blank", "noopener"); });
    });
  });

  // 朗读本页, where the browser can speak.
  all("[data-aloud]", function (button) {
    if (!window.speechSynthesis || !window.SpeechSynthesisUtterance) { return; }
    button.parentNode.hidden = false;
    button.addEventListener("click", function () {
      if (window.speechSynthesis.speaking) { window.speechSynthesis.cancel(); return; }
      var speech = new window.SpeechSynthesisUtterance(document.getElementById("main").innerText);
      speech.lang = document.documentElement.lang === "en" ? "en" : "zh-CN";
      window.speechSynthesis.speak(speech);
    });
  });
}());
