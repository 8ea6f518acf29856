// @ts-check
// The camera, and images of QR codes, for an encrypted copy that another browser shows.
import { createCollector } from "../core/transfer/parts.js";
import { element } from "./elements.js";
import { errorText, numberText, t } from "./texts.js";

/**
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {import("../core/transfer/parts.js").Progress} Progress
 * @typedef {typeof import("../vendor/qr.mjs").decodeQR} Decode
 */

/** As many pixels as a camera has, up to these: with them each module of a code has several. */
const CAMERA = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } };
/** The longer side of an image that is searched: a photo has ten times the pixels that a code needs. */
const MAX_SIDE = 2048;

/** @param {number[]} numbers from 0, growing @returns {string} from 1, with ranges: "3, 17–20" */
export function rangesOf(numbers) {
  /** @type {[number, number][]} */
  const ranges = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from + 1}` : `${from + 1}–${to + 1}`)).join(", ");
}

/**
 * Return the text of the code in a frame of the camera, or in an image.
 * @param {CanvasImageSource} source @param {{width: number, height: number}} size of it @param {HTMLCanvasElement} canvas @param {Decode} decode
 * @returns {string} empty where there is no code that can be read
 */
function textIn(source, size, canvas, decode) {
  const scale = Math.min(1, MAX_SIDE / Math.max(size.width, size.height));
  const [width, height] = [Math.round(size.width * scale), Math.round(size.height * scale)];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context || width === 0 || height === 0) return "";
  canvas.width = width;
  canvas.height = height;
  context.drawImage(source, 0, 0, width, height);
  try {
    return decode({ width, height, data: context.getImageData(0, 0, width, height).data });
  } catch {
    return "";
  }
}

/**
 * Read codes with the camera until it is stopped.
 * @param {HTMLVideoElement} video where the shopper sees what the camera sees
 * @param {() => Promise<void>} onFrame is awaited before the next frame
 * @param {AbortSignal} signal
 */
async function watch(video, onFrame, signal) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: CAMERA, audio: false });
  try {
    video.srcObject = stream;
    if (!signal.aborted) await video.play();
    while (!signal.aborted) {
      await onFrame();
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

/**
 * Return what shows how far a series has been read.
 * @returns {{content: HTMLElement[], show: (progress: Progress) => void}}
 */
function createCount() {
  const bar = element("progress", { value: 0, "aria-labelledby": "codes-count" });
  const said = element("p", { id: "codes-count" }, t("codesNone"));
  return {
    content: [said, bar],
    show({ count, missing }) {
      const num = count - missing.length;
      bar.max = count;
      bar.value = num;
      const text = t("codesCount", numberText(num), numberText(count));
      // Numbers are named once they are few: until then the codes go round by themselves.
      const isNearlyAll = missing.length > 0 && missing.length <= count / 2;
      said.textContent = isNearlyAll ? `${text} ${t("codesMissing", rangesOf(missing))}` : text;
    },
  };
}

/**
 * Return a field for images of codes.
 * @param {(images: File[]) => Promise<void>} take @returns {HTMLElement[]}
 */
function imageField(take) {
  const input = element("input", {
    type: "file",
    accept: "image/*",
    multiple: true,
    id: "codes-images",
    async onchange() {
      await take([...(input.files ?? [])]);
      input.value = "";
    },
  });
  return [element("label", { for: "codes-images" }, t("codesImages")), input];
}

/**
 * Open a dialog for what is read.
 * @param {HTMLElement[]} parts
 * @returns {{close: () => void, closed: Promise<void>, signal: AbortSignal}} the signal is aborted when the shopper, or `close`, closes it
 */
function openDialog(parts) {
  const ending = new AbortController();
  const dialog = element(
    "dialog",
    { class: "codes", "aria-labelledby": "codes-read-hint", onclose: () => ending.abort() },
    element("p", { id: "codes-read-hint" }, t("codesReadHint")),
    ...parts,
    element(
      "button",
      { class: "plain", type: "button", "data-action": "codes-close", onclick: () => dialog.close() },
      t("cancel"),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  const closed = new Promise((resolve) => {
    ending.signal.addEventListener("abort", () => {
      dialog.remove();
      resolve(undefined);
    });
  });
  return { close: () => dialog.close(), closed, signal: ending.signal };
}

/**
 * Return a reader of the codes that another browser shows. It keeps what it has read as long as the page is open.
 * @returns {() => Promise<Bytes | null>} opens the dialog, and gives the file, or null where the shopper left
 */
export function createCodeReader() {
  const collector = createCollector();
  return async function readCodes() {
    const { decodeQR } = await import("../vendor/qr.mjs");
    const canvas = element("canvas");
    const video = element("video", { muted: true, playsInline: true, "aria-hidden": "true" });
    const problem = element("p", { role: "alert" });
    const count = createCount();
    /** @type {Bytes | null} */
    let file = null;

    /** @param {CanvasImageSource} source @param {{width: number, height: number}} size @returns {Promise<boolean>} whether it shows a part */
    async function take(source, size) {
      const text = textIn(source, size, canvas, decodeQR);
      if (text === "") return false;
      try {
        const progress = await collector.add(text);
        if (!progress || dialog.signal.aborted) return false;
        count.show(progress);
        file = progress.file;
        if (file) dialog.close();
      } catch (error) {
        console.warn(error);
        problem.textContent = errorText(error);
      }
      return true;
    }

    /** @param {File[]} images */
    async function takeImages(images) {
      problem.textContent = "";
      for (const image of images) {
        const bitmap = await createImageBitmap(image).catch(() => null);
        if (!bitmap || !(await take(bitmap, bitmap))) problem.textContent = t("codesNoCode", image.name);
        bitmap?.close();
        if (dialog.signal.aborted) return;
      }
    }

    const dialog = openDialog([video, ...count.content, problem, ...imageField(takeImages)]);
    const onFrame = async () => void (await take(video, { width: video.videoWidth, height: video.videoHeight }));
    watch(video, onFrame, dialog.signal).catch((error) => {
      console.warn(error);
      video.hidden = true;
      problem.textContent = t("codesNoCamera");
    });
    await dialog.closed;
    return file;
  };
}
