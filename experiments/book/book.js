(function () {
  "use strict";
  var root = document.documentElement;

  // The language is kept from page to page, where the browser keeps anything for files.
  function stored() { try { return localStorage.getItem("book-language"); } catch (e) { return null; } }
  function keep(language) { try { localStorage.setItem("book-language", language); } catch (e) { /* it is not kept */ } }
  function speak(language) {
    root.lang = language === "zh" ? "zh-Hans" : "en";
    if (!document.body) return;
    document.title = document.body.dataset[language];
    document.querySelectorAll("[data-zh]").forEach(function (e) { // which have no room for both languages
      if (e === document.body) return;
      var title = e.localName === "title", now = title ? e.textContent : e.getAttribute("aria-label");
      if (!e.hasAttribute("data-en")) e.setAttribute("data-en", now);
      var text = e.getAttribute("data-" + language);
      if (title) e.textContent = text; else e.setAttribute("aria-label", text);
    });
  }
  speak(stored() === "zh" ? "zh" : "en"); // before anything is drawn
  root.classList.add("scripted"); // without a script nothing plays or marks, so the page asks without a form

  document.addEventListener("DOMContentLoaded", function () {
    var button = document.querySelector(".language");
    button.hidden = false;
    speak(root.lang === "en" ? "en" : "zh");
    button.addEventListener("click", function () {
      var to = root.lang === "en" ? "zh" : "en";
      keep(to);
      speak(to);
    });
    var unfold = document.querySelector(".unfold");
    if (unfold) {
      unfold.hidden = false;
      unfold.querySelector("input").addEventListener("change", function (e) {
        document.querySelectorAll(".sbs details").forEach(function (d) { d.open = e.target.checked; });
      });
    }
    var stage = document.querySelector(".player");
    if (stage) player(stage);
  });

  // Paper shows everything.
  addEventListener("beforeprint", function () {
    document.querySelectorAll("details:not([open])").forEach(function (d) { d.open = true; d.dataset.printed = ""; });
  });
  addEventListener("afterprint", function () {
    document.querySelectorAll("details[data-printed]").forEach(function (d) { d.open = false; delete d.dataset.printed; });
  });

  // player hides the picture behind a curtain that time draws away.
  function player(stage) {
    var lasts = Number(stage.dataset.lasts), now = 0, moving = false, last = 0, seen = false;
    var guess = document.querySelector(".guess");
    var find = function (selector) { return stage.querySelector(selector); };
    var slide = find(".slide input"), out = find("output"), says = find(".now"), speed = find(".speed");
    var steps = Array.from(stage.querySelectorAll(".events li"));
    var curtains = Array.from(stage.querySelectorAll(".panels svg")).map(function (svg) {
      var frame = svg.querySelector(".frame"), view = svg.viewBox.baseVal;
      var c = { left: Number(frame.getAttribute("x")), width: Number(frame.getAttribute("width")), to: view.width };
      c.rect = document.createElementNS(svg.namespaceURI, "rect");
      c.rect.setAttribute("class", "curtain");
      c.rect.setAttribute("y", frame.getAttribute("y") - 2);
      c.rect.setAttribute("height", Number(frame.getAttribute("height")) + 4);
      c.line = document.createElementNS(svg.namespaceURI, "line");
      c.line.setAttribute("class", "hand");
      c.line.setAttribute("y1", frame.getAttribute("y"));
      c.line.setAttribute("y2", Number(frame.getAttribute("y")) + Number(frame.getAttribute("height")));
      frame.parentNode.insertBefore(c.rect, frame); // the frame and its hand stay visible
      frame.parentNode.appendChild(c.line);
      return c;
    });
    stage.classList.add("alive");
    // What the picture shows is told when it was seen.
    var pictures = Array.from(stage.querySelectorAll(".panels svg")).map(function (svg) {
      var whole = { svg: svg, en: svg.getAttribute("data-en"), zh: svg.getAttribute("data-zh") };
      ["en", "zh"].forEach(function (l) { svg.setAttribute("data-" + l, whole[l].split(/\. |。/)[0]); });
      return whole;
    });
    speak(root.lang === "en" ? "en" : "zh");
    find(".controls").hidden = find(".keys").hidden = false;

    function draw(time, speaks) {
      now = Math.max(0, Math.min(time, lasts));
      var over = now >= lasts;
      curtains.forEach(function (c) {
        var x = c.left + c.width * now / lasts;
        c.rect.setAttribute("x", x);
        c.rect.setAttribute("width", over ? 0 : c.to + 8 - x);
        c.line.setAttribute("x1", x);
        c.line.setAttribute("x2", x);
      });
      slide.value = now;
      slide.setAttribute("aria-valuetext", (now / 1000).toFixed(1) + " s");
      out.textContent = (now / 1000).toFixed(1) + " s";
      var at = -1;
      steps.forEach(function (s, i) { if (Number(s.dataset.at) <= now) at = i; });
      steps.forEach(function (s, i) { s.classList.toggle("past", i <= at); });
      var text = at < 0 ? "" : steps[at].textContent; // in both languages, of which the page shows one
      if (speaks && says.textContent !== text) says.innerHTML = at < 0 ? "" : steps[at].innerHTML;
      stage.classList.toggle("over", over);
      if (over && !seen) { seen = true; reveal(); }
    }
    function tick(t) {
      if (!moving) return;
      var next = now + (t - last) * Number(speed.value);
      last = t;
      draw(next, true);
      if (now >= lasts) stop(); else requestAnimationFrame(tick);
    }
    function start() {
      if (now >= lasts) draw(0, true);
      moving = true;
      stage.classList.add("moving");
      last = performance.now();
      requestAnimationFrame(tick);
    }
    function stop() { moving = false; stage.classList.remove("moving"); }
    function step(by) {
      stop();
      var times = [0].concat(steps.map(function (s) { return Number(s.dataset.at); }), [lasts]);
      var next = by > 0 ? times.find(function (t) { return t > now; })
        : times.filter(function (t) { return t < now; }).pop();
      if (next !== undefined) draw(next, true);
    }
    function toggle() { if (moving) stop(); else start(); }

    // reveal marks the guesses, once the end was seen, and opens the answer.
    function reveal() {
      var answer = document.querySelector(".answer");
      if (answer) answer.open = true;
      pictures.forEach(function (p) { p.svg.setAttribute("data-en", p.en); p.svg.setAttribute("data-zh", p.zh); });
      speak(root.lang === "en" ? "en" : "zh");
      if (!guess) return;
      guess.classList.add("marked");
      guess.querySelectorAll(".truth, .because").forEach(function (e) { e.hidden = false; });
      mark();
      guess.addEventListener("change", mark);
    }
    function mark() {
      var right = 0, made = 0;
      guess.querySelectorAll("fieldset").forEach(function (field) {
        var chosen = field.querySelector("input:checked"), truth = field.dataset.truth;
        var is = !chosen || truth === "0" ? "none" : chosen.value === truth ? "right" : "wrong";
        if (is !== "none") made++;
        if (is === "right") right++;
        field.dataset.mark = is;
        field.setAttribute("aria-describedby", field.querySelector(".truth").id);
      });
      var scores = guess.querySelector(".scores").content;
      var text = scores.querySelector(made ? ".some" : ".none").innerHTML; // in both languages
      guess.querySelector(".score").innerHTML = text.replace(/\{right\}/g, "<b>" + right + "</b>").replace(/\{all\}/g, "<b>" + made + "</b>");
    }

    find(".play").addEventListener("click", toggle);
    find(".step").addEventListener("click", function () { step(1); });
    find(".back").addEventListener("click", function () { step(-1); });
    slide.addEventListener("input", function () { stop(); draw(Number(slide.value), true); });
    if (guess) guess.addEventListener("submit", function (e) { e.preventDefault(); });
    if (guess) guess.addEventListener("reset", function () { setTimeout(function () { if (seen) mark(); }); }); // when it is empty
    document.addEventListener("keydown", function (e) {
      if (e.ctrlKey || e.altKey || e.metaKey || e.target.closest("input, select, summary, a, .scroll")) return;
      var button = e.target.closest("button");
      if (e.key === " " && !button) toggle();
      else if (e.key === "ArrowRight") step(1);
      else if (e.key === "ArrowLeft") step(-1);
      else return;
      e.preventDefault();
    });
    draw(0, false);
  }
})();
