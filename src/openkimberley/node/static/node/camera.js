// Live camera on /verify: sends a frame a second to the node until a code is found. Everything works without it.
"use strict";
(() => {
  const box = document.getElementById("camera");
  if (!box || !navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return;
  const form = document.getElementById("verify-form");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button secondary";
  button.textContent = box.dataset.start;
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  const video = document.createElement("video");
  video.hidden = true;
  video.playsInline = true;
  video.muted = true;
  box.append(button, status, video);
  let stream = null;

  const stop = (text) => {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    video.hidden = true;
    button.textContent = box.dataset.start;
    status.textContent = text || "";
  };

  const look = async () => {
    if (!stream) return;
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    const frame = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    if (frame && stream) {
      const body = new FormData();
      body.append("frame", frame, "frame.jpg");
      body.append("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
      try {
        const answer = await fetch(box.dataset.frame, { method: "POST", body, credentials: "same-origin" });
        const found = answer.ok ? (await answer.json()).codes : [];
        if (found.length && stream) {
          document.getElementById("artefact").value = found[0];
          stop();
          form.requestSubmit();
          return;
        }
      } catch (error) {
        // A lost frame is no loss: the next one is sent in a second.
      }
    }
    setTimeout(look, 1000);
  };

  button.addEventListener("click", async () => {
    if (stream) return stop();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: 1280 } });
    } catch (error) {
      return stop(box.dataset.denied);
    }
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    button.textContent = box.dataset.stop;
    status.textContent = box.dataset.looking;
    look();
  });
})();
