// The page is complete without this script. It shows the title of a shape at once; a browser by itself waits for a second.
(function () {
  "use strict";
  var tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  document.body.appendChild(tip);
  var shown = null, text = "";
  function restore() {
    if (shown) {
      var t = document.createElementNS("http://www.w3.org/2000/svg", "title");
      t.textContent = text;
      shown.insertBefore(t, shown.firstChild);
    }
    shown = null;
    tip.hidden = true;
  }
  document.addEventListener("pointerover", function (e) {
    restore();
    var title = e.target.querySelector && e.target.closest("figure svg") && e.target.querySelector(":scope > title");
    if (!title) return;
    shown = e.target;
    text = title.textContent;
    title.remove(); // otherwise the browser would show it as well
    tip.textContent = text;
    tip.hidden = false;
  });
  document.addEventListener("pointermove", function (e) {
    if (!shown) return;
    tip.style.left = Math.max(8, Math.min(e.clientX + 14, innerWidth - tip.offsetWidth - 8)) + "px";
    tip.style.top = Math.max(8, Math.min(e.clientY + 18, innerHeight - tip.offsetHeight - 8)) + "px";
  });
  document.addEventListener("scroll", restore, {passive: true});
  // A link to two designs opens the fold that they are in.
  function unfold() {
    var code = document.querySelector("#code > details");
    if (code && (location.hash.indexOf("..") > 0 || location.hash === "#code")) code.open = true;
  }
  addEventListener("hashchange", unfold);
  unfold();
  addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (d) { if (!d.closest("#code")) d.open = true; });
  });
})();
