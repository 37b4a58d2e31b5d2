/* Approvals with a security key or passkey. A form with data-approve asks the authenticator when it is sent and no
   passphrase was typed; one with data-enrol makes a new credential. Without this script the passphrase works alone. */
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const ask = (form) => navigator.credentials.get({
    publicKey: {
      challenge: bytes(form.dataset.challenge), rpId: form.dataset.rp, userVerification: "required", timeout: 120000,
      allowCredentials: form.dataset.ids.split(" ").map((id) => ({ type: "public-key", id: bytes(id) })),
    },
  });
  const make = (form) => navigator.credentials.create({
    publicKey: {
      challenge: bytes(form.dataset.challenge), rp: { id: form.dataset.rp, name: "OpenKimberley" }, timeout: 120000,
      user: { id: new TextEncoder().encode(form.dataset.user), name: form.dataset.name, displayName: form.dataset.name },
      pubKeyCredParams: [{ type: "public-key", alg: -8 }, { type: "public-key", alg: -7 }], attestation: "none",
      authenticatorSelection: { userVerification: "required", residentKey: "discouraged" },
    },
  });
  const written = (made) => {
    const said = {};
    for (const name of ["clientDataJSON", "authenticatorData", "signature", "attestationObject"]) {
      if (made.response[name]) said[name] = text(made.response[name]);
    }
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response: said });
  };

  for (const form of document.querySelectorAll("form[data-approve], form[data-enrol]")) {
    const enrolling = "enrol" in form.dataset;
    const status = form.querySelector("[data-status]");
    if (!window.PublicKeyCredential || (!enrolling && !form.dataset.ids)) continue;
    if (enrolling) form.hidden = false;
    form.addEventListener("submit", async (event) => {
      const typed = form.querySelector("[name=passphrase]");
      if (form.dataset.done || (typed && typed.value)) return;
      event.preventDefault();
      status.textContent = form.dataset.wait;
      try {
        form.querySelector("[name=credential]").value = written(await (enrolling ? make(form) : ask(form)));
        form.dataset.done = "1";
        form.submit();
      } catch {
        status.textContent = form.dataset.failed;
      }
    });
  }
})();
