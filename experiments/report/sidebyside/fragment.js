(function () {
  "use strict";
  var root = document.querySelector(".sbs");
  if (!root) return;
  var data = JSON.parse(root.querySelector(".data").textContent);
  var form = root.querySelector(".choose"), left = form.elements.a, right = form.elements.b;
  var all = form.querySelector("input"), status = root.querySelector(".status"), shown = root.querySelector(".shown");
  var now = ["", ""]; // what is shown: left, right
  var byName = new Map(data.designs.map(function (d, i) { return [d.name, i]; }));

  function make(tag, cls, text) {
    var e = document.createElement(tag);
    if (cls) e.className = cls;
    if (text !== undefined) e.textContent = text;
    return e;
  }
  function lines(n) { return n === 1 ? "1 line" : n + " lines"; }
  function stepText(added, removed) {
    if (!added && !removed) return "no line of code differs";
    if (!removed) return lines(added) + " added";
    if (!added) return lines(removed) + " removed";
    return lines(added) + " added, " + removed + " removed";
  }

  // markParts wraps the given ranges of characters in <mark>, whatever elements they cross.
  function markParts(code, ranges) {
    ranges.forEach(function (range) {
      var at = 0, walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT), texts = [];
      while (walker.nextNode()) texts.push(walker.currentNode);
      texts.forEach(function (t) {
        var from = Math.max(range[0] - at, 0), to = Math.min(range[1] - at, t.length);
        at += t.length;
        if (from >= to) return;
        if (to < t.length) t.splitText(to);
        var part = from > 0 ? t.splitText(from) : t, mark = make("mark");
        part.replaceWith(mark);
        mark.append(part);
      });
    });
  }
  function ranges(text) {
    return text ? text.split(".").map(function (r) { return r.split("-").map(Number); }) : [];
  }
  function cell(line, cls, marks) {
    var code = make("code", line ? cls : cls[0] + " e");
    if (line) {
      if (line[1]) code.dataset.n = line[1];
      code.innerHTML = data.lines[line[0]];
      if (marks) markParts(code, marks);
    }
    return code;
  }

  // region lays out one region after the operations that data.go describes.
  function region(section, ops, a, b, swap) {
    var ia = 0, ib = 0, grid = null;
    function rows(differ) {
      if (!grid || grid.differ !== differ) {
        grid = make("div", differ ? "rows d" : "rows");
        grid.differ = differ;
        section.append(grid);
      }
      return grid;
    }
    ops.split(" ").filter(Boolean).forEach(function (op) {
      var kind = op[0], n = parseInt(op.slice(1), 10), i;
      if (swap && kind === "-") kind = "+"; else if (swap && kind === "+") kind = "-";
      if (kind === "~") {
        var parts = op.slice(1).split("/").map(ranges);
        if (swap) parts.reverse();
        rows(true).append(cell(a[ia++], "a c", parts[0]), cell(b[ib++], "b c", parts[1]));
      } else if (kind === "f") {
        var fold = make("details"), inside = make("div", "one");
        fold.open = all.checked;
        fold.append(make("summary", "", lines(n) + " the same"), inside);
        for (i = 0; i < n; i++, ia++) inside.append(cell(b[ib++], "b s"));
        section.append(fold);
        grid = null;
      } else {
        for (i = 0; i < n; i++) {
          var same = kind === "=";
          rows(!same).append(cell(kind === "+" ? null : a[ia++], same ? "a s" : "a o"),
            cell(kind === "-" ? null : b[ib++], same ? "b s" : "b o"));
        }
      }
    });
  }

  function about(d, cls) {
    var e = make("div", cls);
    if (!d) return e;
    e.append(make("p", "name", d.name), make("p", "", d.idea), make("p", "file", d.file + ", " + lines(d.length)));
    (d.facts || []).forEach(function (f) { e.append(make("p", "fact", "measured: " + f)); });
    return e;
  }
  function paragraph(p, cls) {
    var e = make("p", cls);
    if (p) e.append(make("b", "", p.Opener), " " + p.Text);
    return e;
  }
  function notes(list, cls, who) {
    var e = make("p", cls);
    e.dataset.who = who;
    (list || []).forEach(function (n, i) { if (i) e.append(make("br")); e.append(n); });
    return e;
  }

  // view makes the same of two designs, or of b alone, as the page has for those that follow each other.
  function view(ia, ib) {
    var a = data.designs[ia], b = data.designs[ib], swap = ia > ib;
    var pair = a && data.pairs[swap ? ib + ".." + ia : ia + ".." + ib];
    var article = make("article", a ? "pair" : "pair alone"), head = make("div", "rows head"), i;
    var title = make("h3", "", a ? a.name + " to " + b.name : b.name);
    title.tabIndex = -1;
    var step = a ? stepText(pair.step[swap ? 1 : 0], pair.step[swap ? 0 : 1]) : lines(b.length);
    article.append(title, make("p", "summary", step + "."), head);
    head.append(about(a, "a"), about(b, "b"));
    for (i = 0; i < Math.max(a && a.essay ? a.essay.length : 0, (b.essay || []).length); i++) {
      head.append(paragraph(a && a.essay && a.essay[i], "a"), paragraph(b.essay && b.essay[i], "b"));
    }
    data.regions.forEach(function (r, k) {
      if ((r[0] === "program") !== Boolean(b.foreign || a && a.foreign)) return;
      var la = a ? a.regions[k].lines : [], lb = b.regions[k].lines;
      var na = a ? a.regions[k].notes : null, nb = b.regions[k].notes;
      if (!la.length && !lb.length && !na && !nb) return;
      var section = make("section", "region"), h = make("h4", "", r[0] + " ");
      h.append(make("small", "", r[1]));
      section.append(h);
      if (na || nb) {
        var row = make("div", "rows notes");
        row.append(notes(na, "a", a ? a.name : ""), notes(nb, "b", b.name));
        section.append(row);
      }
      region(section, a ? pair.regions[k] : "+" + lb.length, la, lb, swap);
      article.append(section);
    });
    return { article: article, text: (a ? a.name + " and " + b.name + ": " : b.name + ": ") + step };
  }

  function show(id, focus) {
    var names = id.split(".."), ia = byName.get(names[0]), ib = byName.get(names[1]);
    if (ib === undefined || ia === ib) return false;
    left.value = ia === undefined ? "" : names[0];
    right.value = names[1];
    now = [left.value, right.value];
    var made = view(ia, ib), whole = document.getElementById(id);
    if (whole && whole.querySelector(".summary")) { // keeps the links to the next steps
      made.article.querySelector(".summary").replaceWith(whole.querySelector(".summary").cloneNode(true));
    }
    shown.replaceChildren(made.article);
    status.textContent = made.text;
    root.querySelectorAll(".tree a").forEach(function (a) {
      if (a.getAttribute("href") === "#" + id) a.setAttribute("aria-current", "true"); else a.removeAttribute("aria-current");
    });
    if (focus) {
      shown.querySelector("h3").focus({ preventScroll: true });
      form.scrollIntoView();
    }
    return true;
  }
  // chosen takes a new choice on one side. Choosing what stands on the other side swaps the two.
  function chosen(event) {
    if (left.value === right.value) {
      if (event.target === left) right.value = now[0] || now[1]; else left.value = now[1];
      if (left.value === right.value) left.value = "";
    }
    go();
  }
  function go() {
    var id = left.value + ".." + right.value;
    history.replaceState(null, "", "#" + id);
    show(id, false);
  }
  function fromLink(focus) {
    var id = decodeURIComponent(location.hash.slice(1));
    return id.indexOf("..") >= 0 && show(id, focus);
  }

  left.addEventListener("change", chosen);
  right.addEventListener("change", chosen);
  form.querySelector("button").addEventListener("click", function () {
    if (!left.value) return;
    var b = right.value;
    right.value = left.value;
    left.value = b;
    go();
  });
  form.addEventListener("submit", function (e) { e.preventDefault(); });
  all.addEventListener("change", function () {
    shown.querySelectorAll("details").forEach(function (d) { d.open = all.checked; });
  });
  window.addEventListener("hashchange", function () { fromLink(true); });

  root.classList.add("live");
  form.hidden = shown.hidden = false;
  // A link that names a pair leads to its code, not to the catalogue above it; nor is there room on a phone.
  root.querySelector(".catalogue").open = !fromLink(false) && matchMedia("(min-width: 761px)").matches;
  if (!now[1]) show(root.dataset.start, false);
})();
