// What JupyterLab and ipywidgets leave undone for the widgets in a box:
// - A key that is pressed in a widget belongs to the widget. JupyterLab would take it for a command
//   to the notebook: `d d` on a radio button would delete the cell.
// - Sliders and groups of buttons get the names that screen readers read out.

const PASSED_ON = ["Tab", "Escape"]; // these, and whatever is held with Ctrl, Alt or Cmd
const GROUPS = { radiogroup: ".widget-radio-box", group: ".widget-toggle-buttons > div" };

function keepKey(event) {
  const runsTheCell = event.shiftKey && event.key === "Enter";
  const isShortcut = event.ctrlKey || event.altKey || event.metaKey || runsTheCell;
  if (!isShortcut && !PASSED_ON.includes(event.key)) event.stopPropagation();
}

// Writes only what differs, since each writing is seen by the observer below.
function set(element, name, value) {
  if (value && element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function nameOf(part) {
  const label = part.closest(".widget-radio, .widget-toggle-buttons, .widget-slider").firstChild;
  return label.textContent || label.title;
}

function describe(box) {
  for (const part of box.querySelectorAll("[title=null]")) part.removeAttribute("title");
  for (const status of box.querySelectorAll(".tl-status")) set(status, "role", "status");
  for (const [role, selector] of Object.entries(GROUPS)) {
    for (const group of box.querySelectorAll(selector)) {
      set(group, "role", role);
      set(group, "aria-label", nameOf(group));
    }
  }
  for (const radio of box.querySelectorAll(".widget-radio-box input")) {
    // Of radio buttons with one name, the arrow keys choose the next.
    const first = radio.closest(".widget-radio-box").querySelector("input");
    set(radio, "name", first.name || `tl-${Math.random()}`);
  }
  for (const button of box.querySelectorAll(".widget-toggle-button")) {
    set(button, "aria-pressed", String(button.classList.contains("mod-active")));
  }
  for (const handle of box.querySelectorAll(".noUi-handle")) {
    const readout = handle.closest(".widget-slider").querySelector(".widget-readout");
    set(handle, "aria-label", nameOf(handle));
    set(handle, "aria-valuetext", readout.textContent); // of a list its entry, not its number
    set(readout, "role", "textbox");
    set(readout, "aria-label", nameOf(handle));
  }
}

function render({ el }) {
  let observer = null;
  let removed = false;

  function begin() {
    if (removed) return;
    const box = el.closest(".tl-widget");
    if (!box) return requestAnimationFrame(begin); // not yet in the page
    box.addEventListener("keydown", keepKey);
    observer = new MutationObserver(() => describe(box));
    const attributeFilter = ["class", "aria-valuetext", "title"];
    observer.observe(box, { subtree: true, childList: true, attributes: true, attributeFilter });
    describe(box);
  }

  begin();
  return () => {
    removed = true;
    observer?.disconnect();
  };
}

export default { render };
