// tlcourse/data/centring.py once more, for a browser; a test compares the two. (Some versions of
// Pillow take columns before rows when that is quicker; grey levels then differ by one at most.)

const BOX = 20; // MNIST fits every digit into 20×20 pixels ...
const FRAME = 28; // ... and puts its centre of mass in the middle of 28×28.

// As Python rounds: a half to the even number.
function round(x) {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 ? below + 1 : below;
}

// How much each pixel counts for each pixel of a row of another length: Pillow's "bilinear" filter,
// in its 22 binary places.
function shares(from, to) {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const middle = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(middle - reach + 0.5));
    const end = Math.min(from, Math.trunc(middle + reach + 0.5));
    const weights = [];
    for (let k = first; k < end; k++) {
      weights.push(Math.max(0, 1 - Math.abs(k - middle + 0.5) / reach));
    }
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((w) => Math.trunc(0.5 + (w / sum) * 2 ** 22)) };
  });
}

// Resizes each row of an image, a list of lists.
function resizeRows(image, to) {
  const parts = shares(image[0].length, to);
  return image.map((row) =>
    parts.map(({ first, weights }) => {
      const sum = weights.reduce((all, w, k) => all + w * row[first + k], 2 ** 21);
      return Math.min(255, Math.floor(sum / 2 ** 22));
    }),
  );
}

const transpose = (image) => image[0].map((_, x) => image.map((row) => row[x]));

// Fits 28×28 bytes into the box and centres their mass, as tlcourse/data/centring.py does.
function centre(ink) {
  const out = new Uint8Array(FRAME * FRAME);
  const rows = Array.from({ length: FRAME }, (_, y) => [...ink.slice(y * FRAME, (y + 1) * FRAME)]);
  const used = (image) => {
    const filled = image.map((row) => row.some((grey) => grey));
    return [filled.indexOf(true), filled.lastIndexOf(true) + 1];
  };
  const [top, bottom] = used(rows);
  if (top < 0) return out;
  const [left, right] = used(transpose(rows));
  let shape = rows.slice(top, bottom).map((row) => row.slice(left, right));
  const scale = BOX / Math.max(bottom - top, right - left);
  const height = Math.max(1, round((bottom - top) * scale));
  const width = Math.max(1, round((right - left) * scale));
  shape = transpose(resizeRows(transpose(resizeRows(shape, width)), height));
  const place = (image) => {
    const sums = image.map((row) => row.reduce((a, b) => a + b, 0));
    const mass = sums.reduce((a, b) => a + b, 0);
    const middle = sums.reduce((all, sum, i) => all + sum * i, 0) / mass;
    const wanted = round((FRAME - 1) / 2 - middle);
    return Math.min(Math.max(wanted, 0), FRAME - image.length);
  };
  const y = place(shape);
  const x = place(transpose(shape));
  shape.forEach((row, i) => out.set(row, (y + i) * FRAME + x));
  return out;
}
