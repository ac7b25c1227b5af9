// Rows of a table with data-order are given another order: by pulling their handle, or with the arrow keys on it.
// Every handle stands in a form whose field "to" is the place; the form is sent when the row is let go elsewhere.
// The others step round the row that moves: one that left the document for a moment would lose focus and pointer.
(function () {
  "use strict";

  document.querySelectorAll("[data-order] [data-handle]").forEach(function (handle) {
    var row = handle.closest("tr"), body = row.parentElement, place = index();
    handle.hidden = false;

    handle.addEventListener("pointerdown", function (event) {
      if (event.button !== 0) { return; }
      event.preventDefault();
      handle.focus();
      handle.setPointerCapture(event.pointerId);
      row.classList.add("moving");
    });
    handle.addEventListener("pointermove", function (event) {
      if (!row.classList.contains("moving")) { return; }
      while (row.previousElementSibling && event.clientY < middle(row.previousElementSibling)) { step(-1); }
      while (row.nextElementSibling && event.clientY > middle(row.nextElementSibling)) { step(1); }
    });
    handle.addEventListener("pointerup", function () { row.classList.remove("moving"); send(); });
    handle.addEventListener("pointercancel", function () { row.classList.remove("moving"); back(); });
    handle.addEventListener("blur", send);
    handle.addEventListener("keydown", function (event) {
      if (event.key === "ArrowUp") { step(-1); tell(); } else if (event.key === "ArrowDown") { step(1); tell(); }
      else if (event.key === "Escape") { back(); } else if (event.key === "Enter" || event.key === " ") { send(); } else { return; }
      event.preventDefault();
    });

    function index() { return Array.from(body.rows).indexOf(row); }

    function step(by) {
      if (by < 0 && row.previousElementSibling) { body.insertBefore(row.previousElementSibling, row.nextElementSibling); }
      if (by > 0 && row.nextElementSibling) { body.insertBefore(row.nextElementSibling, row); }
    }

    function back() { while (index() !== place) { step(place - index()); } }

    function send() {
      if (index() === place) { return; }
      place = index();
      handle.form.elements.to.value = place + 1;
      handle.form.requestSubmit();
    }

    function tell() {
      body.closest("section").querySelector("[data-order-told]").textContent =
        "Number " + (index() + 1) + " of " + body.rows.length + ". Enter keeps this place, Escape the old one.";
    }
  });

  function middle(row) {
    var box = row.getBoundingClientRect();
    return box.top + box.height / 2;
  }

  // After a move the page comes anew with the row in its address: go on from there.
  var moved = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (moved && moved.matches("[data-handle]")) { moved.focus(); }
})();
