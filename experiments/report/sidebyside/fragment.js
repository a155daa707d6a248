(function () {
  "use strict";
  // The page has every pair; this shows one at a time.
  var root = document.querySelector(".sbs");
  if (!root) return;
  var form = root.querySelector(".choose"), choice = form.elements.pair, all = form.querySelector("input");
  var status = root.querySelector(".status"), pairs = Array.from(root.querySelectorAll(".pair"));

  // show shows the pair of that id and reports whether the page has it.
  function show(id, focus) {
    var article = pairs.find(function (p) { return p.id === id; });
    if (!article) return false;
    pairs.forEach(function (p) { p.hidden = p !== article; });
    choice.value = id;
    status.textContent = article.querySelector("h3").textContent + ": " + article.querySelector(".summary").textContent;
    root.querySelectorAll(".tree a").forEach(function (a) {
      if (a.getAttribute("href") === "#" + id) a.setAttribute("aria-current", "true"); else a.removeAttribute("aria-current");
    });
    if (focus) {
      article.querySelector("h3").focus({ preventScroll: true });
      form.scrollIntoView();
    }
    return true;
  }
  function fromLink(focus) { return show(decodeURIComponent(location.hash.slice(1)), focus); }

  choice.addEventListener("change", function () {
    history.replaceState(null, "", "#" + choice.value);
    show(choice.value, false);
  });
  form.addEventListener("submit", function (e) { e.preventDefault(); });
  all.addEventListener("change", function () {
    root.querySelectorAll(".pair details").forEach(function (d) { d.open = all.checked; });
  });
  window.addEventListener("hashchange", function () { fromLink(true); });

  form.hidden = false;
  // A link that names a pair leads to its code, not to the catalogue above it; nor is there room on a phone.
  var linked = fromLink(false);
  root.querySelector(".catalogue").open = !linked && matchMedia("(min-width: 761px)").matches;
  if (!linked) show(root.dataset.start, false);
})();
