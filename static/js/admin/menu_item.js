// The picture of a dish: a photograph as a phone takes it is made small here, before it is sent, which also leaves behind
// what the camera wrote beside it (where it was taken, for one). What cannot be made small the server refuses in words.

import { base64, shrink } from "../driver/photo.js";

const LARGEST = 300_000; // bytes; the server takes no more
const form = document.querySelector("[data-picture]");
const field = form.querySelector("[type=file]");
const button = form.querySelector("button");

field.addEventListener("change", async () => {
  const [file] = field.files;
  if (!file || (file.type !== "image/jpeg" && file.size <= LARGEST)) return;
  button.disabled = true;
  const url = await shrink(file);
  button.disabled = false;
  if (!url || field.files[0] !== file) return; // it is none, or another one was chosen meanwhile
  const bytes = Uint8Array.from(atob(base64(url)), (letter) => letter.charCodeAt(0));
  const chosen = new DataTransfer();
  chosen.items.add(new File([bytes], "picture.jpg", { type: "image/jpeg" }));
  field.files = chosen.files;
});
