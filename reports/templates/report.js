(function () {
  "use strict";
  document.documentElement.classList.add("js");
  var buttons = document.querySelectorAll(".tools button");
  var topics = document.querySelectorAll(".topic");
  var wasOpen = Array.prototype.map.call(topics, function (topic) { return topic.open; });
  function show(verdict) {
    buttons.forEach(function (button) { button.setAttribute("aria-pressed", String(button.value === verdict)); });
    topics.forEach(function (topic, place) {
      var shown = 0;
      topic.querySelectorAll(".row").forEach(function (row) {
        row.hidden = verdict !== "" && row.dataset.verdict !== verdict;
        if (!row.hidden) { shown += 1; }
      });
      topic.hidden = shown === 0;
      topic.open = verdict === "" ? wasOpen[place] : shown > 0;
    });
  }
  buttons.forEach(function (button) { button.addEventListener("click", function () { show(button.value); }); });
  document.querySelectorAll(".copy").forEach(function (button) {
    button.addEventListener("click", function () {
      var code = button.parentElement.querySelector("code");
      function told(word) { button.textContent = word; setTimeout(function () { button.textContent = "Copy"; }, 1500); }
      function select() {
        var range = document.createRange();
        range.selectNodeContents(code);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        told(document.execCommand("copy") ? "Copied" : "Selected");
      }
      if (navigator.clipboard) { navigator.clipboard.writeText(code.textContent).then(function () { told("Copied"); }, select); } else { select(); }
    });
  });
  function openTarget() {
    var target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var place = target; place; place = place.parentElement) {
      if (place.tagName === "DETAILS") { place.open = true; }
    }
    if (target) { target.scrollIntoView(); }
  }
  addEventListener("hashchange", openTarget);
  openTarget();
  addEventListener("beforeprint", function () {
    document.querySelectorAll(".topic, .fold-card").forEach(function (part) { part.open = true; });
  });
})();
