// Small conveniences; every page works without them.
(function () {
  "use strict";

  document.querySelectorAll("[data-toggle-theme]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var root = document.documentElement;
      var next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
      root.setAttribute("data-bs-theme", next);
      try { localStorage.setItem("lockgate-theme", next); } catch (error) { /* storage is switched off */ }
    });
  });

  // A button that copies: <button data-copy="text">. The word beside it says that it worked.
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) { return; }
    copy(button.getAttribute("data-copy")).then(function () {
      var label = button.querySelector("[data-copy-label]") || button;
      var before = label.textContent;
      label.textContent = "Copied";
      setTimeout(function () { label.textContent = before; }, 1500);
    });
  });

  function copy(text) {
    if (navigator.clipboard && window.isSecureContext) { return navigator.clipboard.writeText(text); }
    var field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    document.body.appendChild(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    return Promise.resolve();
  }

  // A form with data-confirm asks before it is sent, and its button turns until the next page comes; a checkbox with data-check-all checks the others of its form.
  document.addEventListener("submit", function (event) {
    var source = event.submitter && event.submitter.dataset.confirm ? event.submitter : event.target;
    if (source.dataset.confirm && !window.confirm(source.dataset.confirm)) { event.preventDefault(); }
    if (event.submitter && !event.submitter.formTarget && !event.defaultPrevented) { event.submitter.classList.add("btn-loading"); }
  });
  window.addEventListener("pageshow", function () { idle(document); });
  document.addEventListener("htmx:afterRequest", function (event) { idle(event.target); });

  function idle(place) {
    place.querySelectorAll(".btn-loading").forEach(function (button) { button.classList.remove("btn-loading"); });
  }

  // On a phone the cells of a stacked table stand alone: each is told the name of its column.
  function label() {
    document.querySelectorAll("table.stacked").forEach(function (table) {
      var heads = table.tHead ? Array.from(table.tHead.rows[0].cells) : [];
      Array.from(table.tBodies).forEach(function (body) {
        Array.from(body.rows).forEach(function (row) {
          Array.from(row.cells).forEach(function (cell, index) {
            var head = heads[index];
            if (head && head.textContent.trim() && !head.hasAttribute("data-unlabelled") && !head.querySelector(".visually-hidden")) {
              cell.dataset.label = head.textContent.trim();
            }
          });
        });
      });
    });
  }
  label();
  document.addEventListener("htmx:afterSettle", label);

  document.addEventListener("change", function (event) {
    var target = event.target;
    if (target.matches("[data-check-all]")) {
      target.closest("form").querySelectorAll("input[type=checkbox][name=" + target.dataset.checkAll + "]").forEach(
        function (box) { box.checked = target.checked; });
    }
    if (target.matches("[data-submit-on-change]")) { target.form.requestSubmit(); }
  });
})();
