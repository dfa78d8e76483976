// The digit pad of the first page. `widget` is the pad of the notebooks (tlcourse/widgets/pad.js);
// what Python does there is done here: centring, and asking the networks, by TensorFlow.js.

// Gives the stored images and networks from the bytes that editions/pad_networks.py packed.
function unpack({ data, networks, example_labels }) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  let at = 0;
  const take = (count) => bytes.slice(at, (at += count));
  const examples = example_labels.map((label) => ({ label, ink: take(FRAME * FRAME) }));
  const layers = networks.map(({ tensors }) =>
    tensors.map(({ shape, min, step, stride }) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const values = Float32Array.from(take(count), (byte) => min + step * byte);
      return { stride, values: tf.tensor(values, shape) };
    }),
  );
  return { examples, layers };
}

// Returns the ten probabilities of a network for an image of 784 bytes.
function predict(layers, image) {
  return tf.tidy(() => {
    let x = tf.tensor(Float32Array.from(image, (grey) => grey / 255), [1, FRAME, FRAME, 1]);
    for (let i = 0; i < layers.length - 2; i += 3) {
      const [kernel, factors, summands] = layers.slice(i, i + 3);
      x = tf.conv2d(x, kernel.values, kernel.stride, "same");
      x = tf.relu(tf.add(tf.mul(x, factors.values), summands.values));
    }
    x = tf.reshape(tf.avgPool(x, 2, 2, "valid"), [1, -1]);
    const [kernel, bias] = layers.slice(-2);
    return [...tf.softmax(tf.add(tf.matMul(x, kernel.values), bias.values)).dataSync()];
  });
}

// ------------------------------------------------------------------------------------ the page

const percent = (share) => `${Math.round(100 * share)}%`;

// A network's corner of the page: its name, its prediction, and a bar for each digit.
function card(parent, { title, accuracy_packed }) {
  const root = make(parent, "section", { class: "network" });
  make(root, "h2", {}, title);
  make(root, "p", {}, `${percent(accuracy_packed)} of the test set right`);
  const digit = make(root, "p", { class: "prediction" });
  const list = make(root, "div", { class: "bars", "aria-hidden": "true" }); // the line says it
  const bars = Array.from({ length: 10 }, (_, k) => {
    const row = make(list, "div", {});
    make(row, "span", {}, k);
    return make(make(row, "div", {}), "div", {});
  });
  return (probabilities) => {
    const best = probabilities.indexOf(Math.max(...probabilities));
    digit.textContent = probabilities.length ? best : "";
    bars.forEach((bar, k) => {
      bar.style.width = percent(probabilities[k] ?? 0);
      bar.className = k === best ? "best" : "";
    });
    return `${best} (${percent(probabilities[best])})`;
  };
}

function start(place) {
  const { networks } = window.padNetworks;
  const { examples, layers } = unpack(window.padNetworks);
  const surface = make(place, "div", { class: "surface" });
  const beside = make(place, "div", { class: "networks" });
  const shows = networks.map((network) => card(beside, network));
  shows.forEach((show) => show([]));
  let next = 0;

  // What the widget knows of Python: a value, a text, and whom to tell that they changed.
  const state = { value: null, text: "Draw a digit.", what: "a digit" };
  const heard = {};
  const model = {
    get: (name) => state[name],
    set: (name, value) => (state[name] = value),
    on: (event, listener) => (heard[event] = listener),
    off: () => {},
    save_changes: () => answer(centre(new Uint8Array(state.value.buffer)), ""),
  };

  function answer(image, about) {
    const blank = !image.some((grey) => grey);
    const said = networks.map(({ title }, i) => {
      return `${title}: ${shows[i](blank ? [] : predict(layers[i], image))}`;
    });
    state.text = blank ? "Draw a digit." : about + said.join(". ");
    heard["change:text"]();
  }

  widget.render({ model, el: surface });
  const example = make(surface, "button", { type: "button" }, "Show a digit of the test set");
  example.addEventListener("click", () => {
    const { label, ink } = examples[next++ % examples.length];
    state.value = new DataView(ink.slice().buffer);
    heard["change:value"]();
    answer(ink, `A handwritten ${label}. `); // centred already
  });
}

start(document.getElementById("digit-pad"));
