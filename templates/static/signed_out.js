// Goes on when all frames have loaded, and after three seconds at most; without scripts the button does it.
(function () {
  "use strict";

  var link = document.querySelector("a[data-onward]");
  var gone = false;
  var go = function () {
    if (gone) { return; }
    gone = true;
    window.location.replace(link.href);
  };
  window.addEventListener("load", go);
  window.setTimeout(go, 3000);
})();
