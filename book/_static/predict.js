/* Predict, then look. A page comes with every result open; this closes those behind a question
   until the reader has answered it. See book/_ext/book_predict.py. */
(() => {
  "use strict";

  const KEY = "seqlearn-show-all-results";
  const root = document.documentElement;

  // A browser may refuse to remember; then the switch holds for the page alone.
  const recall = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const remember = (on) => {
    try {
      localStorage.setItem(KEY, on ? "yes" : "no");
    } catch {
      /* not remembered */
    }
  };

  const make = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // Sphinx marks these words on the page, and forgets them before the page is ready.
  const inAddress = new URLSearchParams(location.search).get("highlight");
  const terms = recall("sphinx_highlight_terms") || inAddress || "";
  const sought = terms.toLowerCase().split(/\s+/).filter(Boolean);

  // This runs before anything is painted, so no result is seen and then taken away.
  if (recall(KEY) !== "yes") root.classList.add("predict-wait");

  const start = () => {
    try {
      const all = make("input", { type: "checkbox", autocomplete: "off" });
      all.checked = recall(KEY) === "yes";
      all.setAttribute("role", "switch");
      const boxes = [...document.querySelectorAll(".predict")];
      const questions = boxes.map((box) => prepare(box, all));
      if (questions.length) connect(all, questions);
    } finally {
      root.classList.remove("predict-wait");
    }
  };

  const connect = (all, questions) => {
    const results = questions.length === 1 ? "1 result waits" : `${questions.length} results wait`;
    const note = make("span", {}, `${results} on this page for your prediction.`);
    const label = make("label", {}, all, "Show all results");
    const bar = make("div", { className: "predict-bar" }, note, label);
    document.querySelector("article h1").after(bar);
    all.addEventListener("change", () => {
      remember(all.checked);
      questions.forEach((question) => question.update());
    });
    const follow = () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      const question = target && questions.find(({ result }) => result.contains(target));
      if (!question) return;
      question.open();
      target.scrollIntoView();
    };
    addEventListener("hashchange", follow);
    follow();
  };

  const prepare = (box, all) => {
    const result = document.getElementById(`${box.id}-result`);
    const choices = [...box.querySelectorAll(".predict-choices > li")];
    const inputs = choices.map((choice) => {
      const text = choice.querySelector(".predict-choice");
      const input = make("input", { type: "radio", name: box.id, autocomplete: "off" });
      const words = make("span", {}, ...text.childNodes);
      text.replaceWith(make("label", { className: text.className }, input, words));
      return input;
    });
    const button = make("button", { type: "submit" });
    button.setAttribute("aria-controls", result.id);
    const status = make("p", { className: "visually-hidden" });
    status.setAttribute("role", "status");
    const form = make("form", {}, box.querySelector("fieldset"), button, status);
    box.append(form);
    box.classList.add("predict-live");

    let asked = sought.some((word) => result.textContent.toLowerCase().includes(word));
    const chosen = () => inputs.findIndex((input) => input.checked);

    const update = () => {
      const open = asked || all.checked;
      box.classList.toggle("predict-open", open);
      box.classList.toggle("predict-answered", open && chosen() >= 0);
      choices.forEach((choice, i) => {
        choice.classList.toggle("predict-chosen", inputs[i].checked);
      });
      // The browser's own search looks into what is hidden so, and opens it.
      if (open) result.removeAttribute("hidden");
      else result.setAttribute("hidden", "until-found");
      button.hidden = all.checked;
      button.setAttribute("aria-expanded", open);
      button.classList.toggle("predict-ready", !open && chosen() >= 0);
      const look = chosen() < 0 ? "Show the result" : "Check my prediction";
      button.textContent = open ? "Hide the result" : look;
    };
    const say = () => {
      const why = choices[chosen()]?.querySelector(".predict-why").textContent ?? "";
      status.textContent = asked || all.checked ? `${why} The result is open below.`.trim() : "";
    };
    const open = () => {
      asked = true;
      update();
    };

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      asked = !asked;
      if (!asked) inputs.forEach((input) => (input.checked = false));
      update();
      say();
    });
    form.addEventListener("change", () => {
      update();
      say();
    });
    result.addEventListener("beforematch", open);
    update();
    return { result, open, update };
  };

  document.addEventListener("DOMContentLoaded", start);
})();
