// Light and dark, text that fits its slide, and the keys of a deck. Also loaded by the index.

const dark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
function setTheme(isDark) {
  root.dataset.theme = isDark ? "dark" : "light";
}
dark.addEventListener("change", () => setTheme(dark.matches));
setTheme(dark.matches);

const READABLE = 22; // from the last row, of 720 pixels of height
const SMALLEST = 16;

// Make what is on a slide as large as there is room for it; long lines are wrapped rather than
// shown in letters that the last row cannot read.
function fit(body) {
  const parts = [body, ...body.querySelectorAll("pre, table, .output")];
  const overflows = () => parts.some(part =>
    part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1
    || part.getBoundingClientRect().right > body.getBoundingClientRect().right + 1);
  let size = parseFloat(getComputedStyle(body).fontSize);
  for (const smallest of [READABLE, SMALLEST]) {
    while (overflows() && size > smallest) {
      size -= 1;
      body.style.fontSize = `${size}px`;
    }
    if (overflows()) {
      body.classList.add("wrap");
    }
  }
  if (overflows()) {
    body.tabIndex = 0; // scrolls with the keyboard
  }
}

function fitPicture(image) {
  const body = image.closest(".body");
  const rest = [...body.children].reduce((sum, part) =>
    sum + (part.contains(image) ? 0 : part.offsetHeight + 8), 0);
  const [width, height] = [image.getAttribute("width"), image.getAttribute("height")].map(Number);
  const factor = Math.min(body.clientWidth / width, (body.clientHeight - rest) / height);
  image.style = `width: ${Math.floor(factor * width)}px`;
}

// JupyterLab scrolls to the cell of an address only if its notebook is open already, so the first
// link of a deck is followed twice.
let isOpen = false;
function openLive(event) {
  event.preventDefault();
  const link = event.currentTarget;
  const tab = window.open(link.href, link.target);
  if (!isOpen) {
    setTimeout(() => { tab.location = link.href; }, 5000);
  }
  isOpen = true;
}

function start() {
  root.classList.add("measuring"); // all slides at once
  document.querySelectorAll(".slides .body").forEach(fit);
  document.querySelectorAll(".slides .picture img").forEach(fitPicture);
  root.classList.remove("measuring");
  document.querySelectorAll(".live").forEach(link => link.addEventListener("click", openLive));
  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0.02,
    center: false,
    hash: true,
    slideNumber: "c/t",
    scrollActivationWidth: null, // a deck stays a deck on a phone
    transition: "none",
    backgroundTransition: "none",
    plugins: [RevealNotes],
  });
  Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark or light" }, () =>
    setTheme(root.dataset.theme === "light"));
  Reveal.addKeyBinding({ keyCode: 74, key: "J", description: "This cell in JupyterLab" }, () =>
    Reveal.getCurrentSlide().querySelector(".live")?.click());
}

if (window.Reveal) start();
