// Asks the browser for a passkey and sends what it answers by an ordinary form.
// A form with data-passkey="get" or "create" holds what to ask in data-options, as JSON. It is hidden until here.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const opened = performance.now();

function asked(form) {
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const one of [...(options.allowCredentials ?? []), ...(options.excludeCredentials ?? [])]) one.id = bytes(one.id);
  return { publicKey: options };
}

function answered(credential) {
  const { id, rawId, type, response, authenticatorAttachment } = credential;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (response[name]) said[name] = text(response[name]);
  if (response.getTransports) said.transports = response.getTransports();
  return JSON.stringify({ id, rawId: text(rawId), type, response: said, authenticatorAttachment });
}

async function prove(form) {
  const { dataset } = form;
  if (performance.now() - opened > Number(dataset.milliseconds)) return location.reload(); // What it asks is too old.
  const note = form.querySelector("[role=status]");
  note.textContent = "";
  try {
    const credential = await navigator.credentials[dataset.passkey](asked(form));
    form.elements.answer.value = answered(credential);
    form.submit();
  } catch (fault) {
    note.textContent = fault.name === "InvalidStateError" ? dataset.known : dataset.failed;
  }
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault(); // Comes after the browser has checked the other fields; form.submit() passes it by.
      prove(form);
    });
    form.hidden = false;
  }
  for (const one of document.querySelectorAll("[data-without-passkeys]")) one.hidden = true;
}
