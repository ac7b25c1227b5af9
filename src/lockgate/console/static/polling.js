// Parts of a page that look again by themselves (the macro `poll`). What comes is worked into what stands there, so that
// focus, scroll, selection and open details stay; and it waits for the next time while somebody has a hand on the page.
(function () {
  "use strict";

  var pressed = false; // a click is lost when the pressed element is another one by the time it is let go
  var focused = null;

  document.addEventListener("pointerdown", function () { pressed = true; }, true);
  ["pointerup", "pointercancel"].forEach(function (name) {
    document.addEventListener(name, function () { setTimeout(released, 0); }, true); // the click comes first
  });
  document.addEventListener("pointermove", function (event) { if (!event.buttons) { released(); } }, true);

  function released() { pressed = false; }

  function looksAgain(detail) { return "X-Lockgate-Polling" in detail.requestConfig.headers; }

  document.addEventListener("htmx:beforeSwap", function (event) {
    if (!looksAgain(event.detail)) { return; }
    if (pressed || document.querySelector(".btn-loading")) { event.detail.shouldSwap = false; }
    focused = document.activeElement;
  });

  document.addEventListener("htmx:afterSwap", function (event) {
    if (looksAgain(event.detail) && focused && !focused.isConnected) {
      document.getElementById("content").focus({ preventScroll: true });
    }
  });

  function changed(control) {
    if (control.type === "checkbox" || control.type === "radio") { return control.checked !== control.defaultChecked; }
    if (control.options) { return chosen(control).join() !== preset(control).join(); }
    return "defaultValue" in control && control.value !== control.defaultValue;
  }

  function chosen(list) {
    return Array.from(list.options).filter(function (one) { return one.selected; });
  }

  function preset(list) {
    var marked = Array.from(list.options).filter(function (one) { return one.defaultSelected; });
    return marked.length || list.multiple ? marked : Array.from(list.options).slice(0, 1);
  }

  // A form that somebody has begun to fill in stays as it is, and what somebody has opened or closed stays so.
  Idiomorph.defaults.callbacks.beforeNodeMorphed = function (old, coming) {
    var begun = old instanceof HTMLFormElement && Array.from(old.elements).some(changed);
    return !(begun && old.getAttribute("action") === coming.getAttribute("action"));
  };
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = function (name, element) {
    return !(name === "open" && element instanceof HTMLDetailsElement);
  };
})();
