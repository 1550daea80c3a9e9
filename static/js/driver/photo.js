// A photograph, made small enough to be sent from the end of a bad street: a JPEG below so many bytes.

const LARGEST = 140_000; // bytes; the server takes 150,000
const SIDES = [1600, 1200, 900, 640, 480]; // px, the longer one
const QUALITIES = [0.8, 0.65, 0.5];

/** `file` as a JPEG in a data URL; null when it is no picture. */
export async function shrink(file) {
  // As it was held, whatever the camera wrote beside it.
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (picture === null) return null;
  for (const side of SIDES) {
    const canvas = drawn(picture, Math.min(1, side / Math.max(picture.width, picture.height)));
    for (const quality of QUALITIES) {
      const url = canvas.toDataURL("image/jpeg", quality);
      if (bytes(url) <= LARGEST) return url;
    }
  }
  return null;
}

/** What the server wants of it. */
export const base64 = (url) => url.slice(url.indexOf(",") + 1);

const bytes = (url) => (base64(url).length * 3) / 4;

function drawn(picture, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
