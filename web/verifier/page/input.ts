// Ways in: camera, picture, hand scanner, paste, files. All end in one call with what was read.
import { codesIn, frame, pixels, prepare } from "./codes.ts";
import { h } from "./dom.ts";
import { t } from "./words.ts";

export type Read = { texts: string[] } | { bytes: Uint8Array<ArrayBuffer>; name: string };
export type Taker = (read: Read) => Promise<void> | void;

export const MOST_BYTES = 40 * 1024 * 1024;
const startsWith = (bytes: Uint8Array, ...magic: number[]): boolean => magic.every((byte, place) => bytes[place] === byte);
const isPicture = (file: File, bytes: Uint8Array): boolean =>
  file.type.startsWith("image/") || startsWith(bytes, 0x89, 0x50, 0x4e, 0x47) || startsWith(bytes, 0xff, 0xd8, 0xff);

/** A file, whatever it is: a picture is searched for codes, anything else is handed on. Throws a sentence. */
export async function fromFile(file: File): Promise<Read> {
  if (file.size > MOST_BYTES) throw new Error("The file is larger than any certificate or list.");
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!isPicture(file, bytes)) return { bytes, name: file.name };
  const picture = await pixels(file).catch(() => {
    throw new Error("The picture cannot be opened.");
  });
  const texts = await codesIn(picture);
  if (!texts.length) throw new Error("No code was found in the picture: hold it flat, near and in light.");
  return { texts };
}

/** A hand scanner types as fast as no person can, wherever the focus is. What it types ends with Enter, or with silence. */
export function handScanner(take: Taker): void {
  let typed = "", last = 0, timer = 0;
  const end = (): void => {
    const text = typed;
    typed = "";
    if (/^kp[clp]1/i.test(text) && text.length > 20) void take({ texts: [text] });
  };
  document.addEventListener("keydown", (event) => {
    const focus = event.target as HTMLElement;
    if (event.ctrlKey || event.altKey || event.metaKey || /^(TEXTAREA|INPUT|SELECT)$/.test(focus.tagName)) return;
    if (event.timeStamp - last > 250) typed = "";
    last = event.timeStamp;
    clearTimeout(timer);
    if (event.key === "Enter" && typed.length > 20) {
      event.preventDefault(); // else the button that has the focus would be pressed
      end();
    } else if (event.key.length === 1) {
      typed += event.key;
      if (typed.length > 2) event.preventDefault(); // a space would press a button
      timer = window.setTimeout(end, 300);
    }
  });
}

/** Files dropped and texts pasted anywhere on the page. */
export function dropped(takeFiles: (files: File[]) => void, take: Taker): void {
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    const text = event.dataTransfer?.getData("text") ?? "";
    if (files.length) takeFiles(files);
    else if (text) void take({ texts: [text] });
  });
  document.addEventListener("paste", (event) => {
    if (/^(TEXTAREA|INPUT)$/.test((event.target as HTMLElement).tagName)) return;
    const files = [...(event.clipboardData?.files ?? [])];
    const text = event.clipboardData?.getData("text") ?? "";
    if (files.length) takeFiles(files);
    else if (text) void take({ texts: [text] });
  });
}

export const hasCamera = (): boolean => !!navigator.mediaDevices?.getUserMedia;

/** The live camera in its own box: a button, what it says, the picture. Stops when a code is found. */
export function camera(take: Taker): HTMLElement {
  const button = h("button", { type: "button", class: "button" }, t("Use the camera"));
  const status = h("p", { role: "status", class: "hint" });
  const video = h("video", { hidden: true, playsinline: true, "aria-label": t("What the camera sees") }) as HTMLVideoElement;
  video.muted = true;
  let stream: MediaStream | null = null;
  const stop = (said = ""): void => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.hidden = true;
    button.textContent = t("Use the camera");
    status.textContent = said;
  };
  const look = async (): Promise<void> => {
    if (!stream || !video.isConnected) return stop();
    const texts = video.videoWidth ? await codesIn(frame(video)).catch(() => []) : [];
    if (texts.length && stream) {
      stop();
      await take({ texts });
    } else setTimeout(look, 150);
  };
  button.addEventListener("click", async () => {
    if (stream) return stop();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 } } });
    } catch {
      return stop(t("The camera cannot be used. Photograph or paste instead."));
    }
    void prepare();
    video.srcObject = stream;
    video.hidden = false;
    button.textContent = t("Stop");
    status.textContent = t("Looking for a code…");
    await video.play();
    await look();
  });
  return h("div", { class: "camera" }, button, status, video);
}
