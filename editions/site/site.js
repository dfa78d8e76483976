// Quizzes that answer, pop-ups of the glossary, and what keyboards and screen readers need besides.

for (const quiz of document.querySelectorAll(".quiz")) {
  quiz.addEventListener("change", ({ target }) => {
    const { reason, right } = target.closest("label").dataset;
    const word = right === undefined ? "✗ Not this one." : "✓ Right.";
    target.closest("fieldset").querySelector("[role=status]").textContent = `${word} ${reason}`;
  });
}

// ------------------------------------------------------------------------------- the glossary

const tip = document.createElement("div");
tip.id = "course-tip";
tip.setAttribute("role", "tooltip");
tip.hidden = true;
document.body.append(tip);
let open = null; // the link whose definition is shown

function show(link) {
  open?.removeAttribute("aria-describedby");
  open = link;
  tip.hidden = !link;
  if (!link) return;
  tip.textContent = window.courseTerms[link.hash.slice(1)];
  link.setAttribute("aria-describedby", tip.id);
  const place = link.getClientRects()[0];
  const left = Math.min(place.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
  const below = place.bottom + tip.offsetHeight < innerHeight;
  tip.style.left = `${Math.max(8, left) + scrollX}px`;
  tip.style.top = `${scrollY + (below ? place.bottom : place.top - tip.offsetHeight)}px`;
}

for (const term of document.querySelectorAll(".course-term")) {
  const link = term.closest("a");
  let touched = false;
  link.addEventListener("pointerdown", ({ pointerType }) => (touched = pointerType === "touch"));
  link.addEventListener("pointerenter", ({ pointerType }) => pointerType !== "touch" && show(link));
  link.addEventListener("focus", () => touched || show(link));
  link.addEventListener("click", (event) => {
    if (!touched || open === link) return;
    event.preventDefault(); // the first touch shows, the second follows
    show(link);
  });
}
// It stays as long as the pointer is on the term or on its definition.
document.addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType === "touch" || !open || tip.contains(target) || open.contains(target)) return;
  if (document.activeElement !== open) show(null);
});
document.addEventListener("pointerdown", ({ target }) => {
  if (open && !tip.contains(target) && !open.contains(target)) show(null);
});
document.addEventListener("focusout", ({ target }) => target === open && show(null));
document.addEventListener("keydown", ({ key }) => key === "Escape" && show(null));

// ------------------------------------------------- what is wider than the page can be scrolled

const SCROLLED = ".output, .output pre, .highlight pre, .table-wrapper, .math-wrapper";

function letScroll() {
  for (const wide of document.querySelectorAll(SCROLLED)) {
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
    else wide.removeAttribute("tabindex");
  }
}
letScroll();
addEventListener("resize", letScroll);

// The theme's two sidebars, by name.
for (const [selector, name] of [[".sidebar-drawer", "Pages"], [".toc-drawer", "Sections"]]) {
  document.querySelector(selector)?.setAttribute("aria-label", name);
}
