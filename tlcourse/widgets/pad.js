// The digit pad in the browser: draw with mouse, finger, pen or keyboard. What is drawn goes to
// Python as 28×28 bytes (`value`) when the pen is lifted; what Python says (`text`) stands below.

const CELLS = 28; // a side of the image that Python gets
const SCALE = 10; // pixels of the surface for each of them
const SIDE = CELLS * SCALE;
const PEN = 2.4 * SCALE; // once centred, about as thick as MNIST's strokes
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HELP =
  "with the mouse, a finger or a pen. With the keyboard: move here with Tab, " +
  "move the pen with the arrow keys, put it down and lift it with the space bar.";

function make(parent, kind, attributes, text = "") {
  const element = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  parent.appendChild(element);
  return element;
}

function render({ model, el }) {
  const root = make(el, "div", { class: "tl-pad" });
  const what = model.get("what"); // in words: "a digit"
  const id = `tl-pad-${crypto.getRandomValues(new Uint32Array(1))}`;
  const help = make(root, "p", { id }, `Draw ${what} ${HELP}`);
  const frame = make(root, "div", {
    style: `position: relative; width: ${SIDE}px; height: ${SIDE}px;`,
  });
  const canvas = make(frame, "canvas", {
    width: SIDE,
    height: SIDE,
    tabindex: 0,
    role: "application",
    "aria-label": `Pad to draw ${what} on`,
    "aria-describedby": help.id,
    style:
      "display: block; background: black; box-shadow: 0 0 0 1px gray; cursor: crosshair; " +
      "touch-action: none;",
  });
  const ring = make(frame, "div", {
    "aria-hidden": "true",
    style:
      `position: absolute; width: ${PEN}px; height: ${PEN}px; box-sizing: border-box; ` +
      "border: 2px dashed #de8f05; border-radius: 50%; pointer-events: none;",
  });
  const clear = make(root, "button", { type: "button", style: "margin: 6px 12px 0 0;" }, "Clear");
  const pen = make(root, "span", { role: "status", class: "tl-pad-pen" });
  const text = make(root, "p", { role: "status", class: "tl-pad-text" });
  const surface = canvas.getContext("2d", { willReadFrequently: true });

  let sent = ""; // what Python has, to tell its own news from echoes of ours
  let pointer = null; // the pointer that draws now
  let last = [0, 0]; // where it was last
  let place = [13.5, 13.5]; // of the keyboard's pen, in cells
  let down = false; // whether the keyboard's pen is down

  function dot([x, y]) {
    surface.fillStyle = "white";
    surface.beginPath();
    surface.arc(x, y, PEN / 2, 0, 2 * Math.PI);
    surface.fill();
  }

  function line(from, to) {
    surface.strokeStyle = "white";
    surface.lineWidth = PEN;
    surface.lineCap = "round";
    surface.beginPath();
    surface.moveTo(...from);
    surface.lineTo(...to);
    surface.stroke();
  }

  function wipe() {
    surface.fillStyle = "black";
    surface.fillRect(0, 0, SIDE, SIDE);
  }

  function read() {
    const pixels = surface.getImageData(0, 0, SIDE, SIDE).data;
    const sums = new Float64Array(CELLS * CELLS);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const cell = Math.floor(y / SCALE) * CELLS + Math.floor(x / SCALE);
        sums[cell] += pixels[4 * (y * SIDE + x)]; // red, which is all of grey
      }
    }
    return Uint8Array.from(sums, (sum) => Math.round(sum / SCALE ** 2));
  }

  function send() {
    const bytes = read();
    sent = bytes.join();
    model.set("value", new DataView(bytes.buffer));
    model.save_changes();
  }

  function paint() {
    const value = model.get("value");
    if (!value || value.byteLength !== CELLS * CELLS) return wipe();
    const bytes = new Uint8Array(value.buffer ?? value, value.byteOffset ?? 0, value.byteLength);
    if (bytes.join() === sent) return; // our own drawing, which is finer than these cells
    sent = bytes.join();
    wipe();
    bytes.forEach((grey, i) => {
      surface.fillStyle = `rgb(${grey} ${grey} ${grey})`;
      surface.fillRect((i % CELLS) * SCALE, Math.floor(i / CELLS) * SCALE, SCALE, SCALE);
    });
  }

  function say() {
    text.textContent = model.get("text");
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) * SIDE) / box.width;
    const y = ((event.clientY - box.top) * SIDE) / box.height;
    return [x, y];
  }

  function middle() {
    return place.map((cell) => (cell + 0.5) * SCALE);
  }

  function showPen(visible) {
    ring.style.display = visible ? "block" : "none";
    [ring.style.left, ring.style.top] = middle().map((side) => `${side - PEN / 2}px`);
    ring.style.borderStyle = down ? "solid" : "dashed";
    canvas.style.outline = visible ? "3px solid #0173b2" : "none";
    const [column, row] = place.map((cell) => Math.floor(cell) + 1);
    pen.textContent = visible ? `Pen ${down ? "down" : "up"}, column ${column}, row ${row}` : "";
  }

  function liftPen() {
    if (!down) return;
    down = false;
    send();
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault(); // neither select text nor drag the cell
    liftPen();
    canvas.focus({ preventScroll: true });
    showPen(false);
    canvas.setPointerCapture(event.pointerId);
    pointer = event.pointerId;
    last = at(event);
    dot(last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const next = at(event);
    line(last, next);
    last = next;
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(kind, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      send();
    });
  }

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === " ") {
      if (event.repeat) return event.preventDefault();
      if (down) {
        liftPen();
      } else {
        down = true;
        dot(middle());
      }
    } else if (event.key in STEPS) {
      const before = middle();
      const step = STEPS[event.key];
      place = place.map((cell, i) => Math.min(CELLS - 1.5, Math.max(0.5, cell + step[i])));
      if (down) line(before, middle());
    } else {
      return;
    }
    event.preventDefault(); // else the page would scroll
    showPen(true);
  });
  canvas.addEventListener("focus", () => showPen(canvas.matches(":focus-visible")));
  canvas.addEventListener("blur", () => {
    liftPen();
    showPen(false);
  });
  clear.addEventListener("click", () => {
    down = false;
    wipe();
    send();
  });

  wipe();
  paint();
  say();
  showPen(false);
  model.on("change:value", paint);
  model.on("change:text", say);
  return () => {
    model.off("change:value", paint);
    model.off("change:text", say);
  };
}

export default { render };
